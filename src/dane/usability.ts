import { DanelawError } from '../errors.ts'
import { DANE_LIMITS } from '../limits.ts'
import { readTlsa, type Tlsa } from '../wire/rdata/tlsa.ts'
import { checkSubjectPublicKeyInfo, readCertificate } from './certificate.ts'
import type { JudgedTlsa } from './policy.ts'

/** A digest as RFC 7218 section 2.3 names it. */
export type Digest = 'SHA2-256' | 'SHA2-512'

/** Which TLSA records count, and in which order digests do. */
export interface TlsaSettings {
  /** The digests in force, strongest first (RFC 7671 section 9); default `['SHA2-512', 'SHA2-256']`. */
  readonly digests?: readonly Digest[]
  /** What PKIX-TA(0) and PKIX-EE(1) are good for; default `unusable` (RFC 7672 section 3.1.3). */
  readonly pkix?: PkixUsages
}

/**
 * What becomes of the usages that rest on public authorities:
 * - `unusable`: they are of no use to a mail sender (RFC 7672 section 3.1.3);
 * - `as-dane`: PKIX-EE(1) counts as DANE-EE(3), and PKIX-TA(0) with a full value as DANE-TA(2), as a draft before RFC
 *   7672 had it; no authority is asked;
 * - `authorities`: what they say in RFC 6698 section 2.1.1, under these authorities and no others.
 */
export type PkixUsages = 'unusable' | 'as-dane' | PkixAuthorities

export interface PkixAuthorities {
  /** Certificates in DER. Each may be where a path ends, self-signed or not. */
  readonly authorities: readonly Uint8Array[]
}

/** Digests strongest first, by matching type. */
export type DigestOrder = readonly number[]

/** The settings, checked. */
export interface TlsaRules {
  readonly digests: DigestOrder
  readonly pkix: PkixUsages
}

/** How a usable record is verified: by the octets of the leaf, by a path to what it matches, or by a public path too. */
export type Method = 'leaf' | 'anchor' | 'pkix'

/** Judges a record as it came from the DNS: one too short to be read is a record that cannot be used, no error. */
export function judgeRdata(rdata: Uint8Array, rules: TlsaRules): JudgedTlsa {
  if (rdata.length < 3) {
    return { tlsa: null, usable: false, why: `RDATA of ${rdata.length} octets, too short for a TLSA record` }
  }
  return judgeTlsa(readTlsa(rdata), rules)
}

/**
 * Whether a verifier can use a record (RFC 6698 section 4.1, RFC 7671 section 4, RFC 7672 section 3.1.3): a number
 * that is not known makes it unusable, whatever the others say.
 */
export function judgeTlsa(tlsa: Tlsa, rules: TlsaRules): JudgedTlsa {
  const why = usageProblem(tlsa, rules.pkix) ?? selectorProblem(tlsa.selector) ?? dataProblem(tlsa, rules.digests)
  return why === null ? { tlsa, usable: true, why } : { tlsa, usable: false, why }
}

/** For a usable record. */
export function methodOf({ usage }: Tlsa, { pkix }: TlsaRules): Method {
  switch (usage) {
    case 3:
      return 'leaf'
    case 2:
      return 'anchor'
    case 1:
      return pkix === 'as-dane' ? 'leaf' : 'pkix'
    case 0:
      return pkix === 'as-dane' ? 'anchor' : 'pkix'
    default:
      throw new RangeError(`usage: ${usage} is not known`)
  }
}

/** @throws {TypeError | RangeError} that names the option. */
export function tlsaRules(settings: TlsaSettings): TlsaRules {
  return { digests: digestOrder(settings), pkix: pkixUsages(settings.pkix ?? 'unusable') }
}

/**
 * The setting by matching type.
 * @throws {TypeError} that names the option where it is no list of known digests, each at most once.
 */
function digestOrder(settings: TlsaSettings): DigestOrder {
  if (settings.digests === undefined) return DEFAULT_ORDER
  const { digests } = settings
  if (!Array.isArray(digests)) throw new TypeError('digests: not a list')
  const order = digests.map((digest: Digest) => {
    if (!Object.hasOwn(MATCHING_TYPES, digest)) throw new TypeError(`digests: '${digest}' is not a known digest`)
    return MATCHING_TYPES[digest]
  })
  if (new Set(order).size < order.length) throw new TypeError('digests: a digest is listed twice')
  return order
}

function pkixUsages(pkix: PkixUsages): PkixUsages {
  if (pkix === 'unusable' || pkix === 'as-dane') return pkix
  if (!Array.isArray(pkix?.authorities)) throw new TypeError("pkix: neither 'unusable', 'as-dane' nor { authorities }")
  const limit = DANE_LIMITS.pkixAuthorities.value
  const { length } = pkix.authorities
  if (length > limit) throw new RangeError(`pkix.authorities: ${length}, where ${limit} is the limit`)
  const odd = pkix.authorities.findIndex((der: unknown) => !(der instanceof Uint8Array))
  if (odd >= 0) throw new TypeError(`pkix.authorities[${odd}]: not a Uint8Array`)
  return pkix
}

function usageProblem({ usage, matchingType }: Tlsa, pkix: PkixUsages): string | null {
  switch (usage) {
    case 2:
    case 3:
      return null
    case 0:
    case 1:
      if (pkix === 'unusable') {
        return `certificate usage ${usage === 0 ? 'PKIX-TA(0)' : 'PKIX-EE(1)'} is not usable: it rests on public CAs (RFC 7672 section 3.1.3)`
      }
      if (pkix === 'as-dane' && usage === 0 && matchingType !== 0) {
        return 'PKIX-TA(0) counts as DANE-TA(2) only with a full value'
      }
      return null
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
      return digestProblem(tlsa, order, 'SHA2-256')
    case 2:
      return digestProblem(tlsa, order, 'SHA2-512')
    case 255:
      return 'matching type 255 is for private use'
    default:
      return `matching type ${tlsa.matchingType} is not known`
  }
}

function digestProblem(tlsa: Tlsa, order: DigestOrder, digest: Digest): string | null {
  const octets = DIGEST_OCTETS[digest]
  if (!order.includes(tlsa.matchingType)) return `${digest} is switched off`
  const { length } = tlsa.data
  if (length === octets) return null
  const other = (Object.keys(DIGEST_OCTETS) as Digest[]).find((name) => DIGEST_OCTETS[name] === length)
  const hint = other === undefined ? '' : `, as ${other} has: was matching type ${MATCHING_TYPES[other]} meant?`
  return `a ${digest} digest has ${octets} octets, this one has ${length}${hint}`
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

const DIGEST_OCTETS: Readonly<Record<Digest, number>> = { 'SHA2-256': 32, 'SHA2-512': 64 }
const MATCHING_TYPES: Readonly<Record<Digest, number>> = { 'SHA2-256': 1, 'SHA2-512': 2 }
const DEFAULT_ORDER: DigestOrder = [MATCHING_TYPES['SHA2-512'], MATCHING_TYPES['SHA2-256']]
