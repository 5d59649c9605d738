/** Two engines that must agree: what one of them refuses is refused, what one of them cannot do is unsupported. */
import { DanelawError } from '../../errors.ts'
import type { CryptoEngine, PublicKey } from './engine.ts'
import { nativeEngine } from './native.ts'
import { nobleEngine } from './noble.ts'

/** The native engine with the noble engine as second opinion. */
export function bothEngines(): CryptoEngine {
  return agreeing(nativeEngine(), nobleEngine())
}

/** Accepts only what both accept. */
export function agreeing(first: CryptoEngine, second: CryptoEngine): CryptoEngine {
  return {
    name: 'both',
    supportsAlgorithm: (algorithm) => first.supportsAlgorithm(algorithm) && second.supportsAlgorithm(algorithm),
    supportsDigest: (digestType) => first.supportsDigest(digestType) && second.supportsDigest(digestType),
    unsupportedKey: (algorithm, publicKey) =>
      first.unsupportedKey(algorithm, publicKey) ?? second.unsupportedKey(algorithm, publicKey),
    importKey(algorithm, publicKey) {
      const keys = [first.importKey(algorithm, publicKey), second.importKey(algorithm, publicKey)]
      return keys.every((key) => key !== undefined) ? inUnison(keys) : undefined
    },
    digest(digestType, data) {
      const digest = first.digest(digestType, data)
      const other = second.digest(digestType, data)
      if (digest === undefined || other === undefined) return undefined
      // Neither a value nor "unsupported" may come of this: the one could be forged, the other ends insecure.
      if (digest.length !== other.length || !digest.every((octet, index) => octet === other[index])) {
        throw new DanelawError('internal', `the two crypto engines disagree about a digest of type ${digestType}`)
      }
      return digest
    },
  }
}

function inUnison(keys: readonly PublicKey[]): PublicKey {
  return { verify: (signature, data) => keys.every((key) => key.verify(signature, data)) }
}
