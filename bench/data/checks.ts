import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { nobleEngine } from '../../src/dnssec/crypto/noble.ts'
import { makeChain } from './chain.ts'
import { partsOf } from './parts.ts'
import type { Check } from './work.ts'

/** One signature check of each algorithm on the chains, as a walk does it: that of the RRset asked for. */
export function checks(): { readonly name: string; readonly check: Check }[] {
  return ['p256', 'ed25519', 'rsa'].map((name) => ({
    name,
    check: partsOf(makeChain(name), nativeEngine()).work.checks.at(-1)!,
  }))
}

export const ENGINES: readonly (() => CryptoEngine)[] = [nativeEngine, nobleEngine]
