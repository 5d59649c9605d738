/** Certificates and TLSA RDATA with octets changed, and what such a mutant must not achieve. */
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { readCertificate } from '../../src/dane/certificate.ts'
import { judgeRdata, tlsaRules } from '../../src/dane/usability.ts'
import { verifyDane } from '../../src/dane/verify.ts'
import type { Tlsa } from '../../src/wire/rdata/tlsa.ts'
import { type CertificateKey, createAuthority, createLeaf, tlsaFor } from '../lab/certificates.ts'

const AT = 1_790_000_000
const NAME = 'mx.example.com'
const RULES = tlsaRules({ pkix: 'as-dane' })

/** A chain of three that is in order. */
export interface Original {
  /** Leaf, intermediate, root. */
  readonly chain: readonly Buffer[]
  readonly tbs: readonly Buffer[]
  readonly spki: readonly Buffer[]
}

export async function createOriginal(key: CertificateKey): Promise<Original> {
  const root = await createAuthority({ commonName: 'Root', at: AT, key })
  const intermediate = await createAuthority({ commonName: 'Intermediate', at: AT, key }, root)
  const leaf = await createLeaf({ names: [NAME], at: AT, key }, intermediate)
  const chain = [leaf.der, intermediate.der, root.der]
  const parts = chain.map((der) => readCertificate(der))
  return { chain, tbs: parts.map(({ tbs }) => Buffer.from(tbs)), spki: parts.map(({ spki }) => Buffer.from(spki)) }
}

/** Tries one mutant of one certificate and one of one record; returns what is wrong, or null. */
export function tryMutant(original: Original, random: () => number): string | null {
  return tryCertificate(original, random) ?? tryRecord(original, random)
}

function tryCertificate({ chain, tbs, spki }: Original, random: () => number): string | null {
  const place = below(3, random)
  const mutant = mutate(chain[place]!, chain, random)
  const shown = chain.map((der, i) => (i === place ? mutant : der))
  const usage = random() < 0.5 ? 3 : 2
  const record = tlsaFor(chain[usage === 3 ? 0 : 2]!, usage, below(2, random), below(3, random))
  const verdict = verifyDane(shown, [record], [NAME], { at: AT })
  if (!verdict.authenticated || mutant.equals(chain[place]!)) return null
  // Under DANE-EE only the leaf counts, of the root only what the record is for, of all others what was signed.
  const allowed =
    usage === 3
      ? place > 0 || (record.selector === 1 && mutant.includes(spki[0]!))
      : place === 2
        ? record.matchingType === 0 || (record.selector === 1 && mutant.includes(spki[2]!))
        : mutant.includes(tbs[place]!)
  return allowed ? null : `certificate ${place}, ${recordText(record)}: ${mutant.toString('hex')}`
}

function tryRecord({ chain, spki }: Original, random: () => number): string | null {
  const usage = below(4, random)
  const record = tlsaFor(chain[usage % 2 === 1 ? 0 : 1 + below(2, random)]!, usage, below(2, random), below(3, random))
  const { selector, matchingType, data } = record
  const rdata = Buffer.concat([Buffer.from([usage, selector, matchingType]), data])
  const mutant = mutate(rdata, chain, random)
  const { tlsa, usable } = judgeRdata(mutant, RULES)
  if (!usable || mutant.equals(rdata)) return null
  const verdict = verifyDane(chain, [tlsa], [NAME], { at: AT, pkix: 'as-dane' })
  return !verdict.authenticated || isRight(tlsa, chain, spki) ? null : `record ${mutant.toString('hex')}`
}

/** A record of this chain in another form, or one with the key of an authority, whatever is written around it. */
function isRight(tlsa: Tlsa, chain: readonly Buffer[], spki: readonly Buffer[]): boolean {
  const { usage, selector, matchingType, data } = tlsa
  const places = usage % 2 === 1 ? [0] : [1, 2]
  const same = (place: number) => tlsaFor(chain[place]!, usage, selector, matchingType).data
  if (places.some((place) => Buffer.compare(data, same(place)) === 0)) return true
  if (usage % 2 === 1 || matchingType !== 0) return false
  const octets = Buffer.from(data)
  if (selector === 0) return places.some((place) => octets.includes(spki[place]!))
  // One point on a curve can be written in several ways.
  return places.some((place) => isDeepStrictEqual(jwk(octets), jwk(spki[place]!)))
}

function jwk(octets: Buffer): JsonWebKey {
  return createPublicKey({ key: octets, format: 'der', type: 'spki' }).export({ format: 'jwk' })
}

/** One to four changes. */
function mutate(octets: Buffer, others: readonly Buffer[], random: () => number): Buffer {
  let mutant: Buffer = Buffer.from(octets)
  for (let changes = 1 + below(4, random); changes > 0; changes--) {
    const change = CHANGES[below(CHANGES.length, random)]!
    mutant = change(mutant, below(mutant.length + 1, random), random, others[below(others.length, random)]!)
  }
  return mutant
}

type Change = (octets: Buffer, at: number, random: () => number, other: Buffer) => Buffer

const CHANGES: readonly Change[] = [
  (octets, at, random) => replaced(octets, at, 1, Buffer.of(below(256, random))),
  (octets, at, random) => replaced(octets, at, 1, Buffer.of((octets[at] ?? 0) ^ (1 << below(8, random)))),
  (octets, at, random) => replaced(octets, at, 1, Buffer.of(((octets[at] ?? 0) + (random() < 0.5 ? 1 : 255)) & 255)),
  (octets, at, random) => replaced(octets, at, 0, Buffer.of(below(256, random))),
  (octets, at, random) => replaced(octets, at, 1 + below(8, random), Buffer.alloc(0)),
  (octets, at) => octets.subarray(0, at),
  (octets, at, random) => replaced(octets, at, 0, octets.subarray(at, at + below(64, random))),
  (octets, at, random, other) => {
    const from = below(other.length, random)
    const part = other.subarray(from, from + below(128, random))
    return replaced(octets, at, random() < 0.5 ? part.length : 0, part)
  },
]

function replaced(octets: Buffer, at: number, count: number, by: Buffer): Buffer {
  return Buffer.concat([octets.subarray(0, at), by, octets.subarray(at + count)])
}

function below(limit: number, random: () => number): number {
  return Math.floor(random() * limit)
}

function recordText({ usage, selector, matchingType }: Tlsa): string {
  return `${usage} ${selector} ${matchingType}`
}
