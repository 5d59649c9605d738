import { DanelawError } from '../errors.ts'
import { readTlsa, type Tlsa } from '../wire/rdata/tlsa.ts'
import { checkSubjectPublicKeyInfo, readCertificate } from './certificate.ts'
import type { JudgedTlsa } from './policy.ts'

/** A digest as RFC 7218 section 2.3 names it. */
export type Digest = 'SHA2-256' | 'SHA2-512'

/** Which TLSA records count, and in which order digests do. */
export interface TlsaSettings {
  /** The digests in force, strongest first (RFC 7671 section 9); default `['SHA2-512', 'SHA2-256']`. */
  readonly digests?: readonly Digest[]
}

/** Digests strongest first, by matching type. */
export type DigestOrder = readonly number[]

/** Judges a record as it came from the DNS: one too short to be read is a record that cannot be used, no error. */
export function judgeRdata(rdata: Uint8Array, order: DigestOrder): JudgedTlsa {
  if (rdata.length < 3) {
    return { tlsa: null, usable: false, why: `RDATA of ${rdata.length} octets, too short for a TLSA record` }
  }
  return judgeTlsa(readTlsa(rdata), order)
}

/**
 * Whether a verifier can use a record (RFC 6698 section 4.1, RFC 7671 section 4, RFC 7672 section 3.1.3): a number
 * that is not known makes it unusable, whatever the others say.
 */
export function judgeTlsa(tlsa: Tlsa, order: DigestOrder): JudgedTlsa {
  const why = usageProblem(tlsa.usage) ?? selectorProblem(tlsa.selector) ?? dataProblem(tlsa, order)
  return why === null ? { tlsa, usable: true, why } : { tlsa, usable: false, why }
}

/**
 * The setting by matching type.
 * @throws {TypeError} that names the option where it is no list of known digests, each at most once.
 */
export function digestOrder(settings: TlsaSettings): DigestOrder {
  const digests = settings.digests ?? DEFAULT_DIGESTS
  if (!Array.isArray(digests)) throw new TypeError('digests: not a list')
  const order = digests.map((digest: Digest) => {
    if (!Object.hasOwn(MATCHING_TYPES, digest)) throw new TypeError(`digests: '${digest}' is not a known digest`)
    return MATCHING_TYPES[digest]
  })
  if (new Set(order).size < order.length) throw new TypeError('digests: a digest is listed twice')
  return order
}

function usageProblem(usage: number): string | null {
  switch (usage) {
    case 2:
    case 3:
      return null
    case 0:
    case 1:
      return `certificate usage ${usage === 0 ? 'PKIX-TA(0)' : 'PKIX-EE(1)'} is not usable: it rests on public CAs (RFC 7672 section 3.1.3)`
    case 255:
      return 'certificate usage 255 is for private use'
    default:
      return `certificate usage ${usage} is not known`
  }
}

function selectorProblem(selector: number): string | null {
  switch (selector) {
    case 0:
    case 1:
      return null
    case 255:
      return 'selector 255 is for private use'
    default:
      return `selector ${selector} is not known`
  }
}

function dataProblem(tlsa: Tlsa, order: DigestOrder): string | null {
  switch (tlsa.matchingType) {
    case 0:
      return fullProblem(tlsa)
    case 1:
      return digestProblem(tlsa, order, 'SHA2-256', 32)
    case 2:
      return digestProblem(tlsa, order, 'SHA2-512', 64)
    case 255:
      return 'matching type 255 is for private use'
    default:
      return `matching type ${tlsa.matchingType} is not known`
  }
}

function digestProblem(tlsa: Tlsa, order: DigestOrder, digest: Digest, octets: number): string | null {
  if (!order.includes(tlsa.matchingType)) return `${digest} is switched off`
  if (tlsa.data.length === octets) return null
  return `a ${digest} digest has ${octets} octets, this one has ${tlsa.data.length}`
}

function fullProblem(tlsa: Tlsa): string | null {
  const what = tlsa.selector === 0 ? 'certificate' : 'public key'
  try {
    if (tlsa.selector === 0) readCertificate(tlsa.data)
    else checkSubjectPublicKeyInfo(tlsa.data)
    return null
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return `the data is not one whole ${what}: ${error.message}`
  }
}

const DEFAULT_DIGESTS: readonly Digest[] = ['SHA2-512', 'SHA2-256']
const MATCHING_TYPES: Readonly<Record<Digest, number>> = { 'SHA2-256': 1, 'SHA2-512': 2 }
