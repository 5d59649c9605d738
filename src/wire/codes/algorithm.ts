import { ALGORITHM_MNEMONICS, DIGEST_TYPE_MNEMONICS } from './dnssec.ts'
import type { Mnemonics } from './mnemonic.ts'

/** The mnemonic of a DNSSEC algorithm, or its number. */
export function algorithmName(algorithm: number): string {
  return ALGORITHMS.get(algorithm) ?? String(algorithm)
}

/** The mnemonic of a DS digest type, or its number. */
export function digestTypeName(digestType: number): string {
  return DIGEST_TYPES.get(digestType) ?? String(digestType)
}

const ALGORITHMS = names(ALGORITHM_MNEMONICS)
const DIGEST_TYPES = names(DIGEST_TYPE_MNEMONICS)

/** The registered spelling comes first in the tables, older ones behind it. */
function names(mnemonics: Mnemonics): ReadonlyMap<number, string> {
  const byNumber = new Map<number, string>()
  for (const [name, number] of mnemonics) if (!byNumber.has(number)) byNumber.set(number, name)
  return byNumber
}
