import { hash } from 'node:crypto'
import type { Tlsa } from '../wire/rdata/tlsa.ts'
import { subjectPublicKeyInfo } from './certificate.ts'

/**
 * The record to publish for a certificate.
 * @throws {DanelawError} `bad-certificate` where the public key is wanted and cannot be found
 * @throws {RangeError} for a selector or matching type that is not known
 */
export function tlsaFor(der: Uint8Array, usage: number, selector: number, matchingType: number): Tlsa {
  return { usage, selector, matchingType, data: new Presented(der).associationData(selector, matchingType) }
}

/** What stands in a record for a certificate or a public key (RFC 6698 section 2.1.3). @throws {RangeError} */
export function associationDataOf(selected: Uint8Array, matchingType: number): Uint8Array {
  if (matchingType === 0) return selected
  const algorithm = ALGORITHMS[matchingType]
  if (algorithm === undefined) throw new RangeError(`matchingType: ${matchingType} is not known`)
  return hash(algorithm, selected, 'buffer')
}

/** A certificate as TLSA records see it. What was computed for one record is kept for the next. */
export class Presented {
  readonly der: Uint8Array
  readonly #digests = new Map<number, Uint8Array>()
  #spki: Uint8Array | undefined

  constructor(der: Uint8Array) {
    this.der = der
  }

  /**
   * Whether a usable record matches, octet for octet (RFC 6698 section 2.1). Selector 0 takes the certificate as
   * received, so that one nobody can parse matches too.
   * @throws {DanelawError} `bad-certificate` where the public key is wanted and cannot be found.
   */
  matches(tlsa: Tlsa): boolean {
    return Buffer.compare(this.associationData(tlsa.selector, tlsa.matchingType), tlsa.data) === 0
  }

  /** What a record of this certificate would hold. @throws {DanelawError} `bad-certificate` as above. */
  associationData(selector: number, matchingType: number): Uint8Array {
    const selected = this.#selected(selector)
    const key = selector * 256 + matchingType
    let digest = this.#digests.get(key)
    if (digest === undefined) {
      digest = associationDataOf(selected, matchingType)
      this.#digests.set(key, digest)
    }
    return digest
  }

  #selected(selector: number): Uint8Array {
    switch (selector) {
      case 0:
        return this.der
      case 1:
        this.#spki ??= subjectPublicKeyInfo(this.der)
        return this.#spki
      default:
        throw new RangeError(`selector: ${selector} is not known`)
    }
  }
}

/** Hash functions of matching types (RFC 6698 section 2.1.3). */
const ALGORITHMS: Readonly<Record<number, string>> = { 1: 'sha256', 2: 'sha512' }
