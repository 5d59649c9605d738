import { createPublicKey, type KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { DANE_LIMITS } from '../../limits.ts'

/**
 * The key in a SubjectPublicKeyInfo; undefined where the platform does not know its kind. The keys of authorities come
 * again and again, and to import one takes longer than a check with it on Node 20 (measured: P-256 106 us and 62, RSA
 * 2048 102 and 20): they are kept, by their octets.
 */
export function importPublicKey(spki: Uint8Array): KeyObject | undefined {
  const octets = Buffer.from(spki.buffer, spki.byteOffset, spki.length)
  const text = octets.toString('latin1')
  const known = keys.get(text)
  if (known !== undefined) return known
  try {
    const key = createPublicKey({ key: octets, format: 'der', type: 'spki' })
    if (octets.length <= LARGEST_KEPT) keys.set(text, key)
    return key
  } catch {
    return undefined
  }
}

const keys = new LRUCache<string, KeyObject>({ max: DANE_LIMITS.importedKeys.value })

/** RSA with 16384 bits, the most that OpenSSL verifies with, has 2086 octets. */
const LARGEST_KEPT = 2200
