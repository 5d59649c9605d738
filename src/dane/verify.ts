import { DANE_LIMITS } from '../limits.ts'
import { Name } from '../wire/name.ts'
import type { Tlsa } from '../wire/rdata/tlsa.ts'
import { withStrongestDigests } from './agility.ts'
import { issuerMiss, leafMiss, unusableMiss } from './close-miss.ts'
import { Presented } from './match.ts'
import { findAuthority } from './path/authorities.ts'
import { recordMatches } from './path/candidate.ts'
import { judgePath, leafName, type PathVerdict } from './path/path-verdict.ts'
import { type Chain, findTrustAnchor, readChain } from './path/trust-anchors.ts'
import { judgeTlsa, type Method, methodOf, type TlsaRules, type TlsaSettings, tlsaRules } from './usability.ts'

export interface VerifyOptions extends TlsaSettings {
  /** The time to verify at, as a Date or in Unix seconds. */
  readonly at: number | Date
  /**
   * Whether DANE-EE(3) compares names too, against a server that publishes another one's key; default false. Not for
   * mail (RFC 7672 section 3.1.1); for protocols in which the name a user asked for means more than the host.
   */
  readonly checkNames?: boolean
}

/** Why a chain is not authenticated: a closed set. */
export type DaneReasonCode =
  /** The peer showed no certificate. */
  | 'no-certificate'
  /** There is no TLSA record. */
  | 'no-records'
  /** There are TLSA records, and none can be used. */
  | 'none-usable'
  /** No usable record matches, or the signatures do not lead to what matches. */
  | 'no-match'
  /** DANE-TA(2): a certificate on the way to the trust anchor breaks a rule of RFC 5280. */
  | 'path-invalid'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  /** DANE-TA(2): the certificate is for none of the reference names. */
  | 'name-mismatch'
  /** DANE-TA(2): the search for a path was given up. */
  | 'limit-reached'

/** The record that authenticated the peer. */
export interface MatchedTlsa extends Tlsa {
  /**
   * The place in the validated path of the certificate that matched, 0 the leaf; for a bare trust-anchor key
   * (`2 1 0`) the number of certificates below it.
   */
  readonly depth: number
}

/** What became of one record. */
export interface TlsaVerdict extends Tlsa {
  readonly usable: boolean
  readonly matched: boolean
  /** Why it cannot be used, was set aside or does not match, without a final dot; null where nothing is to be said. */
  readonly why: string | null
}

interface VerdictBase {
  /** In the order given. */
  readonly records: readonly TlsaVerdict[]
}

/** The result of a DANE check. */
export type DaneVerdict =
  | (VerdictBase & {
      readonly authenticated: true
      readonly matched: MatchedTlsa
      /** The reference identifier that stands for the peer, lower case, without the final dot; null where none was given. */
      readonly name: string | null
      readonly reason: null
    })
  | (VerdictBase & {
      readonly authenticated: false
      readonly matched: null
      readonly name: null
      readonly reason: { readonly code: DaneReasonCode; readonly text: string }
    })

/**
 * Authenticates a TLS server by TLSA records (RFC 6698, RFC 7671, RFC 7672 section 3).
 *
 * The records must come from a `secure` answer: nothing here can tell. An empty chain and an empty list of records
 * never authenticate.
 *
 * @param chainDer the certificates as the server sent them, the leaf first
 * @param records the TLSA records of the base domain
 * @param referenceNames names the server may go by, the TLSA base domain first; DANE-EE(3) does not compare them
 *   (RFC 7672 section 3.1.1)
 * @throws {TypeError | RangeError} that names the argument which is not what it should be
 * @throws {DanelawError} `bad-name` where a reference name is no domain name
 */
export function verifyDane(
  chainDer: readonly Uint8Array[],
  records: readonly Tlsa[],
  referenceNames: readonly (string | Name)[],
  options: VerifyOptions,
): DaneVerdict {
  checkChain(chainDer)
  const at = secondsOf(options.at)
  const names = readNames(referenceNames)
  const rules = tlsaRules(options)
  const verdicts = judge(records, rules)

  const usable = verdicts.filter((verdict) => verdict.usable)
  const [leaf, ...above] = chainDer.map((der) => new Presented(der))
  if (leaf === undefined) return refused(verdicts, 'no-certificate', 'the server showed no certificate')
  if (records.length === 0) return refused(verdicts, 'no-records', 'there is no TLSA record')
  const limit = DANE_LIMITS.tlsaRecords.value
  if (records.length > limit) {
    return refused(verdicts, 'limit-reached', `${records.length} TLSA records, where ${limit} are the limit`)
  }
  for (const draft of verdicts) if (!draft.usable) draft.why += unusableMiss(leaf, draft.tlsa)
  if (usable.length === 0) return refused(verdicts, 'none-usable', 'none of the TLSA records is usable')

  const effective = withStrongestDigests(usable, rules.digests)
  setAside(usable, effective, leaf)
  const by = (method: Method) => effective.filter(({ tlsa }) => methodOf(tlsa, rules) === method)
  const matched = matchLeaf(leaf, above, by('leaf'))
  if (matched !== undefined) {
    const name = options.checkNames === true ? leafName(leaf, names) : names[0]
    if (typeof name !== 'string') return authenticated(verdicts, { ...matched.tlsa, depth: 0 }, name)
    // A path would end at the same names.
    for (const draft of verdicts.filter((verdict) => verdict.matched))
      Object.assign(draft, { matched: false, why: name })
    return refused(verdicts, 'name-mismatch', name)
  }
  const anchors = by('anchor')
  const pkix = by('pkix')
  if (anchors.length + pkix.length === 0) {
    const missed = usable.some(({ why }) => why === `matches, but ${SET_ASIDE}`) ? SET_ASIDE_REASON : ''
    return refused(verdicts, 'no-match', `no usable TLSA record matches the certificate${missed}`)
  }

  // Path work comes last: a DANE-EE(3) match leaves it all aside (RFC 7671 section 5.1).
  const chain = readChain(
    leaf,
    above,
    effective.map(({ tlsa }) => tlsa),
  )
  if ('problem' in chain) {
    const text = `${chain.label} ${chain.problem}`
    for (const draft of [...anchors, ...pkix]) draft.why = text
    return refused(verdicts, 'path-invalid', text)
  }
  const outcomes: PathVerdict[] = []
  for (const group of [anchors, pkix]) {
    if (group.length === 0) continue
    const wanted = group.map(({ tlsa }) => tlsa)
    const found = group === anchors ? findTrustAnchor(chain, wanted, at) : findAuthority(chain, wanted, rules, at)
    const outcome = judgePath(chain, found, names)
    explain(group, chain, outcome)
    if (outcome.kind === 'found') {
      return authenticated(verdicts, { ...outcome.match.tlsa, depth: outcome.match.depth }, outcome.name)
    }
    outcomes.push(outcome)
  }
  const failures = outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.failure] : []))
  const { code, text } = failures.find(({ code }) => code !== 'no-match') ?? failures[0]!
  return refused(verdicts, code, text)
}

/** A record on its way to a TlsaVerdict. */
interface Draft {
  readonly tlsa: Tlsa
  readonly usable: boolean
  why: string | null
  matched: boolean
}

function judge(records: readonly Tlsa[], rules: TlsaRules): Draft[] {
  if (!Array.isArray(records)) throw new TypeError('records: not a list of TLSA records')
  const limit = DANE_LIMITS.tlsaRecords.value
  return records.map((tlsa: Tlsa, index) => {
    if (!(tlsa?.data instanceof Uint8Array)) throw new TypeError(`records[${index}]: not a TLSA record`)
    // The order of records is nobody's word: to look at some of them would let whoever orders them choose.
    if (records.length > limit) return { tlsa, usable: false, why: `more than ${limit} records`, matched: false }
    const { usable, why } = judgeTlsa(tlsa, rules)
    return { tlsa, usable, why, matched: false }
  })
}

function setAside(usable: readonly Draft[], effective: readonly Draft[], leaf: Presented): void {
  if (usable.length === effective.length) return
  for (const draft of usable) {
    if (effective.includes(draft)) continue
    const matches = (draft.tlsa.usage & 1) === 1 && recordMatches({ presented: leaf }, draft.tlsa)
    draft.why = matches ? `matches, but ${SET_ASIDE}` : SET_ASIDE
  }
}

/** DANE-EE(3): the leaf's octets decide, and nothing else in it or around it (RFC 7672 section 3.1.1). */
function matchLeaf(leaf: Presented, above: readonly Presented[], drafts: readonly Draft[]): Draft | undefined {
  for (const draft of drafts) {
    draft.matched = recordMatches({ presented: leaf }, draft.tlsa)
    draft.why = draft.matched ? null : leafMiss(leaf, above, draft.tlsa)
  }
  return drafts.find(({ matched }) => matched)
}

function explain(group: readonly Draft[], chain: Chain, outcome: PathVerdict): void {
  for (const draft of group) {
    if (outcome.kind === 'found') {
      draft.matched = draft.tlsa === outcome.match.tlsa
      draft.why = draft.matched ? null : 'not needed: another record matches'
    } else if (outcome.failure.code === 'name-mismatch') {
      draft.why = outcome.failure.text
    } else if (draft.tlsa.usage === 1) {
      const matches = recordMatches(chain.leaf, draft.tlsa)
      const above = chain.sent.map(({ presented }) => presented)
      draft.why = matches ? outcome.failure.text : leafMiss(chain.leaf.presented, above, draft.tlsa)
    } else draft.why = issuerMiss(chain, draft.tlsa, outcome.failure.text)
  }
}

function authenticated(verdicts: readonly Draft[], matched: MatchedTlsa, name: Name | undefined): DaneVerdict {
  return {
    authenticated: true,
    matched,
    // As certificates hold it (RFC 6125 section 6.4.1).
    name: name === undefined ? null : name.toCanonicalString().slice(0, -1),
    reason: null,
    records: verdicts.map(finished),
  }
}

function refused(verdicts: readonly Draft[], code: DaneReasonCode, text: string): DaneVerdict {
  return {
    authenticated: false,
    matched: null,
    name: null,
    reason: { code, text },
    records: verdicts.map(finished),
  }
}

function finished({ tlsa, usable, why, matched }: Draft): TlsaVerdict {
  const { usage, selector, matchingType, data } = tlsa
  return { usage, selector, matchingType, data, usable, matched, why }
}

function checkChain(chainDer: readonly Uint8Array[]): void {
  if (!Array.isArray(chainDer)) throw new TypeError('chainDer: not a list of certificates')
  for (const [index, der] of chainDer.entries()) {
    if (!(der instanceof Uint8Array)) throw new TypeError(`chainDer[${index}]: not a Uint8Array`)
  }
}

function secondsOf(at: number | Date): number {
  const seconds = at instanceof Date ? at.getTime() / 1000 : at
  if (!Number.isFinite(seconds)) throw new RangeError('at: not a time')
  return seconds
}

function readNames(names: readonly (string | Name)[]): Name[] {
  if (!Array.isArray(names)) throw new TypeError('referenceNames: not a list of names')
  const limit = DANE_LIMITS.referenceIdentifiers.value
  if (names.length > limit) throw new RangeError(`referenceNames: ${names.length}, where ${limit} is the limit`)
  return names.map((name: string | Name) => (name instanceof Name ? name : Name.parse(name)))
}

const SET_ASIDE = 'is set aside: a stronger digest is published for this usage and selector (RFC 7671 section 9)'
const SET_ASIDE_REASON = '; one with a weaker digest does, but is set aside (RFC 7671 section 9)'
