import { createPublicKey, type KeyObject } from 'node:crypto'

/** The key in a SubjectPublicKeyInfo; undefined where the platform does not know its kind. */
export function importPublicKey(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
