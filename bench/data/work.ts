import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'

/** The cryptography a walk did: the part of its work that nobody can spare. */
export interface Work {
  readonly imports: { readonly algorithm: number; readonly publicKey: Uint8Array }[]
  readonly checks: Check[]
  readonly digests: {
    readonly digestType: number
    readonly data: Uint8Array
    readonly digest: Uint8Array | undefined
  }[]
}

interface Check {
  readonly algorithm: number
  readonly publicKey: Uint8Array
  readonly signature: Uint8Array
  readonly data: Uint8Array
}

/** The engine itself, with a note of every key that is imported, signature that is checked, digest that is made. */
export function recording(engine: CryptoEngine): { readonly engine: CryptoEngine; readonly work: Work } {
  const work: Work = { imports: [], checks: [], digests: [] }
  const recorder: CryptoEngine = {
    ...engine,
    importKey(algorithm, publicKey) {
      work.imports.push({ algorithm, publicKey })
      const key = engine.importKey(algorithm, publicKey)
      if (key === undefined) return undefined
      return {
        verify(signature, data) {
          work.checks.push({ algorithm, publicKey, signature, data })
          return key.verify(signature, data)
        },
      }
    },
    digest(digestType, data) {
      const digest = engine.digest(digestType, data)
      work.digests.push({ digestType, data: data.slice(), digest })
      return digest
    },
  }
  return { engine: recorder, work }
}

/** Engines that compute nothing: every signature holds, and digests are those of the same walk before, in its order. */
export function knowingAnswers(engine: CryptoEngine, { digests }: Work): () => CryptoEngine {
  const key = { verify: () => true }
  let next = 0
  const hollow: CryptoEngine = { ...engine, importKey: () => key, digest: () => digests[next++]!.digest }
  return () => {
    next = 0
    return hollow
  }
}
