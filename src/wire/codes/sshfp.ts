import type { Mnemonics } from './mnemonic.ts'

/** SSHFP public-key algorithms: https://www.iana.org/assignments/dns-sshfp-rr-parameters. */
export const SSHFP_ALGORITHM_MNEMONICS: Mnemonics = new Map([
  ['RSA', 1],
  ['DSA', 2],
  ['ECDSA', 3],
  ['ED25519', 4],
  ['ED448', 6],
])

/** SSHFP fingerprint types, of the same registry. */
export const SSHFP_TYPE_MNEMONICS: Mnemonics = new Map([
  ['SHA-1', 1],
  ['SHA1', 1],
  ['SHA-256', 2],
  ['SHA256', 2],
])
