import type { Mnemonics } from './mnemonic.ts'

/** TLSA and SMIMEA certificate usages (RFC 7218 section 2.1). */
export const USAGE_MNEMONICS: Mnemonics = new Map([
  ['PKIX-TA', 0],
  ['PKIX-EE', 1],
  ['DANE-TA', 2],
  ['DANE-EE', 3],
  ['PRIVCERT', 255],
])

/** TLSA and SMIMEA selectors (RFC 7218 section 2.2). */
export const SELECTOR_MNEMONICS: Mnemonics = new Map([
  ['CERT', 0],
  ['SPKI', 1],
  ['PRIVSEL', 255],
])

/** TLSA and SMIMEA matching types (RFC 7218 section 2.3). */
export const MATCHING_TYPE_MNEMONICS: Mnemonics = new Map([
  ['FULL', 0],
  ['SHA2-256', 1],
  ['SHA2-512', 2],
  ['PRIVMATCH', 255],
])
