import type {
  AliasStep,
  AnswerProof,
  ChainLink,
  ChainProof,
  ChainSignature,
  DataPlace,
  Failure,
  ValidatedAnswer,
} from '../dnssec/status.ts'
import { algorithmName, digestTypeName } from '../wire/codes/algorithm.ts'
import { edeName } from '../wire/codes/ede.ts'
import { rcodeName } from '../wire/codes/rcode.ts'
import { rrTypeName } from '../wire/codes/rrtype.ts'
import { toHex } from '../wire/presentation/encodings.ts'
import { formatRdata } from '../wire/presentation/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { formatTime } from './time.ts'

/**
 * The document of `danelaw query --json`. Keys stand in this order, always.
 * @param questions Put to upstreams; null where that is no matter of the answer: on a recording, or for one.
 */
export function answerJson(answer: ValidatedAnswer, questions: number | null = null) {
  const { question, status, rcode, reason, chain, spent } = answer
  const data = answer.status === 'secure' || answer.status === 'insecure' ? answer : undefined
  const secure = answer.status === 'secure' ? answer : undefined
  return {
    query: { name: question.name.toCanonicalString(), type: rrTypeName(question.type) },
    status,
    rcode: rcodeName(rcode),
    reason: reason === null ? null : failureJson(reason),
    answer: (data?.records ?? []).map(recordJson),
    chain: chain.map(linkJson),
    canonicalName: data?.canonicalName.toCanonicalString() ?? null,
    aliases: (data?.aliases ?? []).map(aliasJson),
    proofs: (data?.proofs ?? []).map(answerProofJson),
    ttl: data?.ttl ?? null,
    validFrom: secure === undefined ? null : formatTime(secure.validFrom),
    validUntil: secure === undefined ? null : formatTime(secure.validUntil),
    spent,
    questions,
    synthesized: data?.synthesized ?? false,
    stale: data?.stale ?? null,
  }
}

/** A failure by its Extended DNS Error, with the project's own finer word and advice besides. */
export function failureJson({ code, ede, text, at, advice }: Failure) {
  return {
    code: ede,
    name: edeName(ede),
    text,
    at: at === undefined ? null : placeName(at),
    kind: code,
    advice: advice ?? null,
  }
}

/** `example.com. DNSKEY` */
export function placeName({ name, type }: DataPlace): string {
  return `${name.toCanonicalString()} ${rrTypeName(type)}`
}

function recordJson({ name, type, ttl, rdata }: ResourceRecord) {
  return { name: name.toCanonicalString(), type: rrTypeName(type), ttl, data: formatRdata(type, rdata) }
}

function aliasJson({ owner, target, type, status }: AliasStep) {
  return { owner: owner.toCanonicalString(), target: target.toCanonicalString(), type, status }
}

function linkJson({ zone, status, via, ds, keys, signatures, proofs }: ChainLink) {
  return {
    zone: zone.toCanonicalString(),
    status,
    via,
    ds: ds.map(({ keyTag, algorithm, digestType, digest, matched }) => ({
      keyTag,
      algorithm,
      algorithmName: algorithmName(algorithm),
      digestType,
      digestTypeName: digestTypeName(digestType),
      digest: toHex(digest),
      matched,
    })),
    keys: keys.map(({ keyTag, algorithm, flags }) => ({
      keyTag,
      algorithm,
      algorithmName: algorithmName(algorithm),
      flags,
    })),
    signatures: signatures.map(signatureJson),
    proofs: proofs.map(proofJson),
  }
}

function signatureJson({ owner, typeCovered, signer, keyTag, algorithm, inception, expiration }: ChainSignature) {
  return {
    owner: owner.toCanonicalString(),
    typeCovered: rrTypeName(typeCovered),
    signer: signer.toCanonicalString(),
    keyTag,
    algorithm,
    algorithmName: algorithmName(algorithm),
    inception: formatTime(inception),
    expiration: formatTime(expiration),
  }
}

function proofJson({ proves, records, signatures }: ChainProof) {
  return { proves, records: records.map(recordJson), signatures: signatures.map(signatureJson) }
}

function answerProofJson({ owner, type, status, signature, proof }: AnswerProof) {
  return {
    owner: owner.toCanonicalString(),
    type: rrTypeName(type),
    status,
    signature: signature === undefined ? null : signatureJson(signature),
    proof: proof === undefined ? null : proofJson(proof),
  }
}
