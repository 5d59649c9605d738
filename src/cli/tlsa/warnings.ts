import { type Publishable, readPublishable, recordFor } from '../../dane/publish.ts'
import type { HostPolicy } from '../../dane/policy.ts'
import { DanelawError } from '../../errors.ts'
import { RESOLVER_LIMITS } from '../../limits.ts'
import type { Tlsa } from '../../wire/rdata/tlsa.ts'
import { formatDuration, formatTime } from '../time.ts'
import type { CompareOptions, JudgedServed, PublishedRecord } from './compare.ts'
import { ownerOf, tlsaText, whatText } from './records.ts'

/** What does not stop mail today. */
export interface Warning {
  readonly code: WarningCode
  /** One sentence without a final dot. */
  readonly text: string
}

type WarningCode =
  /** An address that cannot be talked to, where others can. */
  | 'no-connection'
  /** A record that no sender uses. */
  | 'unusable-record'
  /** A certificate that ends soon, or has ended. */
  | 'expires'
  /** It ends soon, and no record is for what comes next (RFC 7671 section 8.1). */
  | 'no-next-record'
  /** Nothing is published, where it would count. */
  | 'no-record'
  /** What was given as next has no record yet. */
  | 'next-not-published'
  /** The answer does not fit into a datagram, so that every sender asks twice. */
  | 'large-set'

interface Findings {
  readonly host: Exclude<HostPolicy, { level: 'defer' }>
  readonly records: readonly PublishedRecord[]
  readonly served: readonly JudgedServed[]
  readonly options: CompareOptions
}

export function findWarnings(findings: Findings): Warning[] {
  const ending = endingCertificates(findings)
  return [
    ...unreachableAddresses(findings),
    ...unusableRecords(findings),
    ...ending,
    ...(ending.length > 0 ? missingNext(findings) : []),
    ...nothingPublished(findings),
    ...unpublished(findings),
    ...largeSet(findings),
  ]
}

function unreachableAddresses({ served }: Findings): Warning[] {
  return served.flatMap(({ failure, address }) =>
    failure?.kind === 'unreachable' ? [{ code: 'no-connection', text: `${address}: ${failure.text}` } as const] : [],
  )
}

function unusableRecords({ records }: Findings): Warning[] {
  return records.flatMap(({ judged: { tlsa, usable, why } }) => {
    if (usable) return []
    const record = tlsa === null ? 'a record' : `${tlsa.usage} ${tlsa.selector} ${tlsa.matchingType}`
    return [{ code: 'unusable-record', text: `${record} is of no use: ${why}` } as const]
  })
}

/** The leaf, and what is above it where a record stands for an authority: its dates count then. */
function endingCertificates({ records, served, options: { now, days } }: Findings): Warning[] {
  const byPath = records.some(({ judged }) => judged.usable && judged.tlsa.usage % 2 === 0)
  // What stands above a trust anchor counts for nobody.
  const ders = served.flatMap(({ chain, verdict }) =>
    chain.slice(0, byPath ? (verdict?.matched?.depth ?? chain.length) + 1 : 1),
  )
  const texts = ders.flatMap((der) => {
    const certificate = readShown(der)
    if (certificate === undefined || certificate.notAfter === null) return []
    const left = certificate.notAfter - now
    if (left > days * 86_400) return []
    const named = certificate.subject === null ? 'a certificate' : `the certificate CN=${certificate.subject}`
    const when = left < 0 ? `ended ${formatDuration(left)} ago` : `ends in ${formatDuration(left)}`
    const note = byPath ? '' : '; DANE-EE(3) does not look at that, others do'
    return [`${named} ${when}, at ${formatTime(certificate.notAfter)}${note}`]
  })
  return [...new Set(texts)].map((text) => ({ code: 'expires', text }))
}

function missingNext({ records, options: { wanted } }: Findings): Warning[] {
  const usable = records.filter(({ judged }) => judged.usable)
  const ofLeaves = usable.filter(({ judged }) => judged.tlsa!.usage % 2 === 1)
  const waiting = usable.some(({ matches }) => !matches)
  // An authority stays when the leaf is renewed.
  const ofAuthority = usable.some(({ judged, matches }) => judged.tlsa!.usage % 2 === 0 && matches)
  if (ofLeaves.length === 0 || waiting || ofAuthority || wanted.length > 0) return []
  const kept = ofLeaves.some(({ judged }) => judged.tlsa!.selector === 1) ? ', unless the key is kept' : ''
  const text = `no record is for what comes next: publish it beside the present one, two TTLs before it is put to use${kept} (RFC 7671 section 8.1)`
  return [{ code: 'no-next-record', text }]
}

/** What to publish, where a signed zone has no record; in an unsigned one it would count for nobody. */
function nothingPublished({ host, served }: Findings): Warning[] {
  if (host.tlsaStatus !== 'secure' || host.tlsaBase === null || host.tlsa.length > 0) return []
  const owner = ownerOf(host.tlsaBase, host.port)
  const records = served.flatMap(({ chain: [leaf] }) => {
    const shown = leaf === undefined ? undefined : readShown(leaf)
    return shown === undefined ? [] : [tlsaText(recordFor(shown, 3, 1, 1))]
  })
  return [...new Set(records)].map((record) => ({ code: 'no-record', text: `publish ${owner} IN TLSA ${record}` }))
}

function unpublished({ records, options: { wanted } }: Findings): Warning[] {
  return wanted.flatMap(({ record, of }) => {
    const covered = records.some(({ judged }) => judged.usable && covers(judged.tlsa, of, record.usage))
    if (covered) return []
    const text = `no record is published for the ${whatText(of)}: add ${tlsaText(record)}`
    return [{ code: 'next-not-published', text } as const]
  })
}

/** A record of the same kind, whatever its selector and digest. */
function covers(tlsa: Tlsa, of: Publishable, usage: number): boolean {
  if (tlsa.usage !== usage || (tlsa.selector === 0 && of.certificate === null)) return false
  return Buffer.compare(recordFor(of, usage, tlsa.selector, tlsa.matchingType).data, tlsa.data) === 0
}

function largeSet({ host, records }: Findings): Warning[] {
  if (host.tlsaBase === null) return []
  const owner = `_${host.port}._tcp.`.length + host.tlsaBase.wire.length
  const rdata = records.map(({ judged }) => 3 + (judged.tlsa?.data.length ?? 0))
  const octets = rdata.reduce((sum, length) => sum + 12 + length, 12 + owner + 4 + SIGNATURE + OPT)
  if (octets <= RESOLVER_LIMITS.ednsSize.value) return []
  const text = `an answer with all ${records.length} records has some ${octets} octets, where a datagram takes ${RESOLVER_LIMITS.ednsSize.value}: digests in place of full values, or fewer records, spare every sender a second question`
  return [{ code: 'large-set', text }]
}

function readShown(der: Uint8Array): Publishable | undefined {
  try {
    return readPublishable({ kind: 'certificate', der })
  } catch (error) {
    if (error instanceof DanelawError) return undefined
    throw error
  }
}

/** One RRSIG by a key of RSA with 2048 bits, and a signer's name of usual length; ECDSA takes 192 octets less. */
const SIGNATURE = 12 + 18 + 24 + 256
const OPT = 11
