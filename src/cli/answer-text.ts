import type {
  AnswerProof,
  ChainDs,
  ChainKey,
  ChainLink,
  ChainProof,
  ChainSignature,
  Failure,
  Status,
  ValidatedAnswer,
} from '../dnssec/status.ts'
import { algorithmName, digestTypeName } from '../wire/codes/algorithm.ts'
import { edeName } from '../wire/codes/ede.ts'
import { Rcode, rcodeName } from '../wire/codes/rcode.ts'
import { rrTypeName } from '../wire/codes/rrtype.ts'
import { toHex } from '../wire/presentation/encodings.ts'
import { formatRecord } from '../wire/presentation/record.ts'
import { placeName } from './answer-json.ts'
import { type Paint, printable } from './paint.ts'
import { formatDuration, formatTime } from './time.ts'

/** How text is laid out: its colours, and the time that validity is counted from, in Unix seconds. */
export interface TextStyle {
  readonly paint: Paint
  readonly now: number
}

/** The whole answer for a person: verdict, records, reason, chain of trust, work. */
export function answerText(answer: ValidatedAnswer, style: TextStyle): string {
  const { question, status, rcode, reason, spent } = answer
  const { paint } = style
  const lines = [`${statusText(status, paint)}  ${paint.strong(placeName(question))}  ${rcodeName(rcode)}`, '']
  lines.push(...dataLines(answer, style))
  if (reason !== null) lines.push(...failureLines(reason, paint))
  if (answer.chain.length > 0) lines.push('', paint.strong('Chain of trust'), ...chainLines(answer, style))
  const { signatureChecks, upstreamQuestions, nsec3HashBlocks } = spent
  const hashes = nsec3HashBlocks === 0 ? '' : `, ${nsec3HashBlocks} NSEC3 hash blocks`
  lines.push('', paint.faint(`Work: ${signatureChecks} signature checks, ${upstreamQuestions} questions${hashes}`))
  return `${lines.join('\n')}\n`
}

export function statusText(status: Status, paint: Paint): string {
  if (status === 'secure') return paint.good(status)
  return status === 'bogus' ? paint.bad(status) : paint.fair(status)
}

/** The reason, where it lies, and what to do about it. */
export function failureLines({ ede, text, at, advice }: Failure, paint: Paint): string[] {
  const lines = [field('Reason', paint.strong(`${edeName(ede)} (EDE ${ede})`)), field('', sentence(printable(text)))]
  if (at !== undefined) lines.push(field('Where', placeName(at)))
  if (advice !== undefined) lines.push(field('Advice', sentence(printable(advice))))
  return lines
}

/** From the trust anchor down to the answer, one zone after the other. */
export function chainLines({ chain, ...answer }: ValidatedAnswer, style: TextStyle): string[] {
  const lines = chain.flatMap((link) => linkLines(link, style))
  const proofs = 'proofs' in answer ? answer.proofs : []
  if (proofs.length === 0) return lines
  return [...lines, `  ${style.paint.strong('answer')}`, ...proofs.flatMap((proof) => answerProofLines(proof, style))]
}

function dataLines(answer: ValidatedAnswer, { paint, now }: TextStyle): string[] {
  if (answer.status === 'bogus' || answer.status === 'indeterminate') return []
  const lines = answer.records.map((record) => formatRecord(record))
  if (answer.records.length === 0 || answer.records.length === answer.aliases.length) {
    lines.push(paint.faint(absenceText(answer.rcode, answer.status, placeName(answer.question))))
  }
  lines.push('')
  if (answer.status === 'secure') {
    const { validFrom, validUntil } = answer
    const span = `${formatTime(validFrom)} to ${formatTime(validUntil)}`
    lines.push(field('Valid', `${span}, ${remaining(validUntil, now)}`))
  }
  lines.push(field('Keep', `${answer.ttl} s`))
  return lines
}

function absenceText(rcode: number, status: 'secure' | 'insecure', place: string): string {
  const proven = status === 'secure' ? 'proven' : 'not proven: the zone is not signed'
  if (rcode === Rcode.NXDOMAIN) return `no such name (${proven})`
  return `no records for ${place} (${proven})`
}

function linkLines(link: ChainLink, style: TextStyle): string[] {
  const { paint } = style
  const zone = link.zone.toCanonicalString()
  const head = `  ${paint.strong(zone)}  ${statusText(link.status, paint)}, ${VIA[link.via]}`
  return [
    head,
    ...link.ds.map((ds) => entry('DS', dsText(ds, style))),
    ...link.keys.map((key) => entry('key', keyText(key))),
    ...link.signatures.map((signature) => entry('signed', signatureText(signature, style))),
    ...link.proofs.flatMap((proof) => proofLines(proof, style)),
  ]
}

function answerProofLines({ owner, type, status, signature, proof }: AnswerProof, style: TextStyle): string[] {
  const lines: string[] = []
  if (signature !== undefined) lines.push(entry('signed', signatureText(signature, style)))
  else if (proof === undefined) {
    lines.push(entry(status, `${placeName({ name: owner, type })} has no signature that counts`))
  }
  return proof === undefined ? lines : [...lines, ...proofLines(proof, style)]
}

function proofLines({ proves, records, signatures }: ChainProof, style: TextStyle): string[] {
  return [
    entry('proof', printable(proves)),
    ...records.map((record) => entry('', formatRecord(record).replaceAll('\t', ' '))),
    ...signatures.map((signature) => entry('', `signed: ${signatureText(signature, style)}`)),
  ]
}

function dsText({ keyTag, algorithm, digestType, digest, matched }: ChainDs, { paint }: TextStyle): string {
  const outcome = matched ? 'the key has this digest' : paint.faint('no key used has this digest')
  return `${keyTag} ${algorithmName(algorithm)} ${digestTypeName(digestType)} ${toHex(digest)}, ${outcome}`
}

function keyText({ keyTag, algorithm, flags }: ChainKey): string {
  const roles = [(flags & SEP) === 0 ? 'ZSK' : 'KSK']
  if ((flags & ZONE_KEY) === 0) roles.push('no zone key')
  if ((flags & REVOKE) !== 0) roles.push('revoked')
  return `${keyTag} ${algorithmName(algorithm)} ${roles.join(', ')} (flags ${flags})`
}

function signatureText(signature: ChainSignature, { now }: TextStyle): string {
  const { owner, typeCovered, signer, keyTag, algorithm, inception, expiration } = signature
  const what = `${owner.toCanonicalString()} ${rrTypeName(typeCovered)}`
  const key = `key ${keyTag} ${algorithmName(algorithm)} of ${signer.toCanonicalString()}`
  const span = `${formatTime(inception)} to ${formatTime(expiration)}`
  return `${what} by ${key}, ${span}, ${remaining(expiration, now)}`
}

function remaining(end: number, now: number): string {
  return end >= now ? `${formatDuration(end - now)} left` : `ended ${formatDuration(now - end)} ago`
}

function field(label: string, text: string): string {
  return `${label.padEnd(8)}${text}`
}

function entry(label: string, text: string): string {
  return `    ${label.padEnd(7)} ${text}`
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

const VIA: Readonly<Record<ChainLink['via'], string>> = {
  'trust-anchor': 'by trust anchor',
  ds: 'by DS in the parent zone',
  'no-ds': 'without DS in the parent zone',
  'unsupported-ds': 'by a DS that no supported algorithm or digest fits',
  'negative-trust-anchor': 'by a negative trust anchor',
  failed: 'its keys could not be trusted',
}

/** DNSKEY flags (RFC 4034 section 2.1.1, RFC 5011 section 2.1). */
const ZONE_KEY = 0x0100
const REVOKE = 0x0080
const SEP = 0x0001
