import { expect, test } from 'vitest'
import type { SecureAnswer } from '../../../src/dnssec/status.ts'
import { Budget } from '../../../src/limits.ts'
import { compact } from '../../../src/resolver/cache/compact.ts'
import { Name } from '../../../src/wire/name.ts'

const named = (text: string) => Name.parse(text)

function answer(): SecureAnswer {
  const signature = {
    owner: named('www.example.'),
    typeCovered: 1,
    signer: named('example.'),
    keyTag: 7,
    algorithm: 13,
    inception: 1,
    expiration: 9,
  }
  const record = (owner: string) => ({
    name: named(owner),
    type: 1,
    class: 1,
    ttl: 300,
    rdata: Uint8Array.of(1, 2, 3, 4),
  })
  const status = 'secure' as const
  return {
    status,
    reason: null,
    validFrom: 1,
    validUntil: 9,
    question: { name: named('www.example.'), type: 1, class: 1 },
    rcode: 0,
    records: [record('www.example.'), record('WWW.example.')],
    aliases: [{ owner: named('www.example.'), target: named('other.example.'), type: 'CNAME', status }],
    canonicalName: named('other.example.'),
    chain: [{ zone: named('example.'), status, via: 'ds', ds: [], keys: [], signatures: [], proofs: [] }],
    proofs: [
      { owner: named('www.example.'), type: 1, status, signature, proof: undefined },
      {
        owner: named('other.example.'),
        type: 1,
        status,
        signature: undefined,
        proof: { proves: 'something', records: [record('n.example.')], signatures: [signature] },
      },
    ],
    ttl: 300,
    spent: new Budget().spent,
  }
}

test('a compact answer says the same', () => {
  expect(compact(answer())).toEqual(answer())
})

test('names of the same octets are one object, those in another case are not', () => {
  const { question, records, aliases, canonicalName, chain, proofs } = compact(answer())
  expect(records[0]!.name).toBe(question.name)
  expect(records[1]!.name.toString()).toBe('WWW.example.')
  expect(aliases[0]!.owner).toBe(question.name)
  expect(aliases[0]!.target).toBe(canonicalName)
  expect(proofs[0]!.owner).toBe(question.name)
  expect(proofs[0]!.signature!.signer).toBe(chain[0]!.zone)
  expect(proofs[1]!.proof!.signatures[0]!.owner).toBe(question.name)
})
