/**
 * What answers and zones take up in memory, roughly and rather too much: objects are counted at what V8 spends on
 * them, and what several share is counted for each, so that a bound that rests on it holds.
 */
import type { AnswerProof, ChainLink, ChainProof, ChainSignature, Failure, ValidatedAnswer } from '../dnssec/status.ts'
import type { KnownZone } from '../dnssec/zone-keys.ts'
import type { Name } from '../wire/name.ts'
import type { ResourceRecord } from '../wire/record.ts'

export function answerOctets(answer: ValidatedAnswer): number {
  let octets = ANSWER + nameOctets(answer.question.name) + chainOctets(answer.chain)
  if (answer.reason !== null) octets += failureOctets(answer.reason)
  if (answer.status === 'bogus' || answer.status === 'indeterminate') return octets
  octets += nameOctets(answer.canonicalName) + sum(answer.records, recordOctets) + sum(answer.proofs, answerProofOctets)
  return octets + sum(answer.aliases, ({ owner, target }) => OBJECT + nameOctets(owner) + nameOctets(target))
}

export function zoneOctets(zone: KnownZone): number {
  const octets = OBJECT + nameOctets(zone.zone) + chainOctets(zone.chain)
  if (zone.status === 'insecure') return octets + failureOctets(zone.reason)
  // The key ready for use may lie outside of the heap; it is not smaller than what it was made of.
  return octets + sum(zone.keys, ({ rdata }) => IMPORTED_KEY + ARRAY + 4 * rdata.length)
}

/** All answers out of one zone have the same chain, and mostly they come one after the other. */
function chainOctets(chain: readonly ChainLink[]): number {
  if (chain !== latest.chain) latest = { chain, octets: sum(chain, linkOctets) }
  return latest.octets
}

function linkOctets(link: ChainLink): number {
  let octets = OBJECT + nameOctets(link.zone) + sum(link.signatures, signatureOctets) + sum(link.proofs, proofOctets)
  octets += sum(link.ds, ({ digest }) => OBJECT + ARRAY + digest.length)
  return octets + link.keys.length * OBJECT
}

function answerProofOctets(part: AnswerProof): number {
  let octets = OBJECT + nameOctets(part.owner)
  if (part.signature !== undefined) octets += signatureOctets(part.signature)
  if (part.proof !== undefined) octets += proofOctets(part.proof)
  return octets
}

function proofOctets(proof: ChainProof): number {
  return OBJECT + 2 * proof.proves.length + sum(proof.records, recordOctets) + sum(proof.signatures, signatureOctets)
}

function signatureOctets(signature: ChainSignature): number {
  return OBJECT + nameOctets(signature.owner) + nameOctets(signature.signer)
}

/** One record, with its owner name. */
export function recordOctets(record: ResourceRecord): number {
  return OBJECT + ARRAY + nameOctets(record.name) + record.rdata.length
}

/** A text is kept as the pieces it was put together from. */
function failureOctets({ text, advice, at }: Failure): number {
  const place = at === undefined ? 0 : OBJECT + nameOctets(at.name)
  return 2 * OBJECT + 2 * (text.length + (advice?.length ?? 0)) + place
}

/** Wire form, canonical form and key. */
function nameOctets(name: Name): number {
  return OBJECT + 2 * ARRAY + 4 * name.wire.length
}

function sum<T>(items: readonly T[], octets: (item: T) => number): number {
  let total = 0
  for (const item of items) total += octets(item)
  return total
}

let latest: { readonly chain: readonly ChainLink[]; readonly octets: number } = { chain: [], octets: 0 }
const OBJECT = 96
const ARRAY = 96
const ANSWER = 512
const IMPORTED_KEY = 512
