import type { Mnemonics } from './mnemonic.ts'

/** CERT certificate types (RFC 4398 section 2.1). */
export const CERTIFICATE_TYPE_MNEMONICS: Mnemonics = new Map([
  ['PKIX', 1],
  ['SPKI', 2],
  ['PGP', 3],
  ['IPKIX', 4],
  ['ISPKI', 5],
  ['IPGP', 6],
  ['ACPKIX', 7],
  ['IACPKIX', 8],
  ['URI', 253],
  ['OID', 254],
])
