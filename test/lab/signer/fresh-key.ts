/** Key pairs made anew. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

/**
 * A new private key of a kind of `generateKeyPairSync`, read from its octets. The key object that `generateKeyPairSync` returns shares a lock with the job
 * that made it: if that is collected as garbage while the key is exported as JWK, Node 20 waits for itself for ever.
 */
export function freshKey(type: string, options: object = {}): KeyObject {
  const generate = generateKeyPairSync as unknown as (type: string, options: object) => { privateKey: Buffer }
  const { privateKey } = generate(type, {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  return createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' })
}
