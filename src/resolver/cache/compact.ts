import type { AnswerProof, ChainSignature, InsecureAnswer, SecureAnswer } from '../../dnssec/status.ts'
import { compareOctets, type Name } from '../../wire/name.ts'
import type { ResourceRecord } from '../../wire/record.ts'

/**
 * The same answer in less memory, for being kept: names of the same octets are one object, as they were not when they
 * were read, and lists have no room to grow in (16 places, where V8 has made them grow).
 */
export function compact<T extends SecureAnswer | InsecureAnswer>(answer: T): T {
  const names = [answer.question.name, ...answer.chain.map(({ zone }) => zone)]
  const shared = (name: Name): Name => {
    for (const known of names) if (known === name || sameOctets(known.wire, name.wire)) return known
    names.push(name)
    return name
  }
  return {
    ...answer,
    canonicalName: shared(answer.canonicalName),
    records: answer.records.map((record) => compactRecord(record, shared)),
    aliases: answer.aliases.map(({ owner, target, type, status }) => ({
      owner: shared(owner),
      target: shared(target),
      type,
      status,
    })),
    proofs: answer.proofs.map((proof) => compactProof(proof, shared)),
  }
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareOctets(a, b) === 0
}

type Shared = (name: Name) => Name

function compactRecord({ name, type, class: rrclass, ttl, rdata }: ResourceRecord, shared: Shared): ResourceRecord {
  return { name: shared(name), type, class: rrclass, ttl, rdata }
}

/** The records of a proof stay as they are: the denials that are kept have them too. */
function compactProof({ owner, type, status, signature, proof }: AnswerProof, shared: Shared): AnswerProof {
  return {
    owner: shared(owner),
    type,
    status,
    signature: signature && compactSignature(signature, shared),
    proof: proof && {
      proves: proof.proves,
      records: proof.records.slice(),
      signatures: proof.signatures.map((each) => compactSignature(each, shared)),
    },
  }
}

function compactSignature(signature: ChainSignature, shared: Shared): ChainSignature {
  const { owner, typeCovered, signer, keyTag, algorithm, inception, expiration } = signature
  return { owner: shared(owner), typeCovered, signer: shared(signer), keyTag, algorithm, inception, expiration }
}
