import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'

/** The cryptography a walk did: the part of its work that nobody can spare. */
export interface Work {
  readonly imports: { readonly algorithm: number; readonly publicKey: Uint8Array }[]
  readonly checks: Check[]
  readonly digests: { readonly digestType: number; readonly data: Uint8Array }[]
}

export interface Check {
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
      work.digests.push({ digestType, data: data.slice() })
      return engine.digest(digestType, data)
    },
  }
  return { engine: recorder, work }
}
