import type { CryptoEngine } from '../../../src/dnssec/crypto/engine.ts'

/** What an engine was asked to do. */
export interface Work {
  verifications: number
  imports: number
  digests: number
  /** Octets that were signed or digested. */
  octets: number
}

/** An engine that counts. */
export function countingEngine(engine: CryptoEngine): { readonly engine: CryptoEngine; readonly work: Work } {
  const work: Work = { verifications: 0, imports: 0, digests: 0, octets: 0 }
  const counting: CryptoEngine = {
    ...engine,
    importKey(algorithm, publicKey) {
      work.imports++
      const key = engine.importKey(algorithm, publicKey)
      return (
        key && {
          verify(signature, data) {
            work.verifications++
            work.octets += data.length
            return key.verify(signature, data)
          },
        }
      )
    },
    digest(digestType, data) {
      work.digests++
      work.octets += data.length
      return engine.digest(digestType, data)
    },
  }
  return { engine: counting, work }
}
