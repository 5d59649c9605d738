import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadEngine } from '../../src/dnssec/crypto/load.ts'
import { nsec3Hash } from '../../src/dnssec/crypto/nsec3-hash.ts'
import { proveAbsence, proveNoDs } from '../../src/dnssec/denial.ts'
import type { Candidate, DenialRecords } from '../../src/dnssec/denial-records.ts'
import { coversHash, isOptOut, type OwnedNsec3, ownerHash } from '../../src/dnssec/nsec3.ts'
import { RRsets } from '../../src/dnssec/rrset.ts'
import { Session } from '../../src/dnssec/session.ts'
import { readRecord } from '../../src/wire/message.ts'
import { compareOctets, Name } from '../../src/wire/name.ts'
import { toBase32Hex, toHex } from '../../src/wire/presentation/encodings.ts'
import { readNsec3 } from '../../src/wire/rdata/dnssec.ts'
import { Reader } from '../../src/wire/reader.ts'
import { Writer } from '../../src/wire/writer.ts'
import { writeTypeBitMap } from '../../src/wire/rdata/type-bit-map.ts'
import { filesIn, readRecorded, recordedFolder } from './folder.ts'
import { parseEntries } from './testbound.ts'
import { context } from './validation.ts'

const folder = recordedFolder()
const engine = await loadEngine('native')

describe.each(filesIn(folder, /nsec3-vectors\.json$/))('%s', (file) => {
  const vectors = JSON.parse(readRecorded(folder, file)) as Vectors

  it('hash_name', () => {
    for (const { name, salt, iter, result } of vectors.hash_name) {
      expect(toHex(nsec3Hash(Name.parse(name).canonicalWire, fromHex(salt), iter))).toBe(result)
    }
  })

  it('cover', () => {
    for (const { rr, name, result } of vectors.cover) {
      const record = read(rr)
      expect(coversHash(record, hash(record, Name.parse(name))), `${rr} ${name}`).toBe(result)
    }
  })

  it('match', () => {
    for (const { rr, name, result } of vectors.match) {
      expect(matches(read(rr), Name.parse(name)), `${rr} ${name}`).toBe(result)
    }
  })

  it('find_closest_encloser', () => {
    for (const { name, nsec, result } of vectors.find_closest_encloser) {
      const found = closestEncloser(nsec.map(read), Name.parse(name))
      expect([found?.encloser.toString() ?? '', found?.nextCloser.toString() ?? '']).toEqual(result)
    }
  })

  it('find_matching', () => {
    for (const { name, nsec, result } of vectors.find_matching) {
      const found = nsec.map(read).find((record) => matches(record, Name.parse(name)))
      expect(found === undefined ? null : bitMap(found), name).toBe(result)
    }
  })

  it('find_coverer', () => {
    for (const { name, nsec, result } of vectors.find_coverer) {
      const records = nsec.map(read)
      const encloser = closestEncloser(records, Name.parse(name))!
      const found = records.find((record) => coversHash(record, hash(record, encloser.nextCloser)))
      expect(found === undefined ? ['', false] : [bitMap(found), isOptOut(found.nsec3)], name).toEqual(result)
    }
  })

  it('verify_name_error: a false one is never proven, of a true one all but the wildcard is there', () => {
    for (const { qs, nsec, result } of vectors.verify_name_error) {
      const { name, type } = question(qs)
      const denial = proveAbsence(session(), unverified(nsec), name, type)
      if (!result) expect(denial.kind).toBe('unproven')
      else {
        expect(closestEncloser(nsec.map(read), name), qs).toBeDefined()
        expect(denial.kind).not.toBe('nodata')
      }
    }
  })

  it('verify_no_data', () => {
    for (const { qs, nsec, result } of vectors.verify_no_data) {
      const { name, type } = question(qs)
      expect(proveAbsence(session(), unverified(nsec), name, type).kind, qs).toBe(result ? 'nodata' : 'unproven')
    }
  })

  it('verify_delegation', () => {
    for (const { delegation, nsec, result } of vectors.verify_delegation) {
      const denial = proveNoDs(session(), unverified(nsec), Name.parse(delegation))
      expect(denial.kind !== 'unproven', delegation).toBe(result)
    }
  })
})

const hashFiles = filesIn(join(folder, 'unbound-sigvectors'), /nsec3_hash/)
describe.each(hashFiles)('%s', (file) => {
  const entries = parseEntries(readRecorded(folder, 'unbound-sigvectors', file), file)
  it.each(entries.map((entry) => ({ question: entry.question, entry })))('$question', ({ question: asked, entry }) => {
    const { salt, iterations } = readNsec3(entry.authority[0]!.rdata)
    const digest = nsec3Hash(Name.parse(asked.split(/\s/)[0]!).canonicalWire, salt, iterations)
    const expected = Buffer.from(entry.answer[0]!.name.labels[0]!).toString('latin1')
    expect(toBase32Hex(digest).toLowerCase()).toBe(expected)
  })
})

function session(): Session {
  return new Session(context(engine, 0))
}

/** Records that count as verified: the vectors have no signatures, and are about the proofs. */
function unverified(records: readonly string[]): DenialRecords {
  const candidates = records.map((rr): Candidate<OwnedNsec3> => {
    const [rrset] = new RRsets([readRecord(new Reader(fromHex(rr)))])
    const verified = {
      verified: true,
      rrset: rrset!,
      signature: undefined!,
      wildcardEncloser: undefined,
      ttl: 0,
    } as const
    return { record: read(rr), rrset: rrset!, verify: () => verified }
  })
  const nsec3 = candidates.length === 0 ? [] : [candidates]
  return { nsec: [], nsec3, worst: undefined, isEmpty: candidates.length === 0 } as unknown as DenialRecords
}

/** RFC 5155 section 8.3. */
function closestEncloser(records: readonly OwnedNsec3[], name: Name): { encloser: Name; nextCloser: Name } | undefined {
  for (let labels = name.labelCount - 1; labels >= 0; labels--) {
    const encloser = name.suffix(labels)
    if (!records.some((record) => matches(record, encloser))) continue
    const nextCloser = name.suffix(labels + 1)
    const covered = records.some((record) => coversHash(record, hash(record, nextCloser)))
    return covered ? { encloser, nextCloser } : undefined
  }
  return undefined
}

function matches(record: OwnedNsec3, name: Name): boolean {
  return name.isAtOrBelow(record.zone) && compareOctets(record.ownerHash, hash(record, name)) === 0
}

function hash({ nsec3 }: OwnedNsec3, name: Name): Uint8Array {
  return nsec3Hash(name.canonicalWire, nsec3.salt, nsec3.iterations)
}

function read(rr: string): OwnedNsec3 {
  const { name: owner, rdata } = readRecord(new Reader(fromHex(rr)))
  const zone = owner.strip(1)
  return { owner, zone, ownerHash: ownerHash(owner, zone)!, nsec3: readNsec3(rdata) }
}

function bitMap({ nsec3 }: OwnedNsec3): string {
  const writer = new Writer()
  writeTypeBitMap(writer, nsec3.types)
  return toHex(writer.finish())
}

function question(qs: string): { name: Name; type: number } {
  const reader = new Reader(fromHex(qs))
  return { name: reader.name(), type: reader.u16() }
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'))
}

interface Vectors {
  readonly hash_name: readonly { name: string; salt: string; iter: number; result: string }[]
  readonly cover: readonly { rr: string; name: string; result: boolean }[]
  readonly match: readonly { rr: string; name: string; result: boolean }[]
  readonly find_closest_encloser: readonly { name: string; nsec: string[]; result: [string, string] }[]
  readonly find_matching: readonly { name: string; nsec: string[]; result: string | null }[]
  readonly find_coverer: readonly { name: string; nsec: string[]; result: [string, boolean] }[]
  readonly verify_name_error: readonly { qs: string; nsec: string[]; result: boolean }[]
  readonly verify_no_data: readonly { qs: string; nsec: string[]; result: boolean }[]
  readonly verify_delegation: readonly { delegation: string; nsec: string[]; result: boolean }[]
}
