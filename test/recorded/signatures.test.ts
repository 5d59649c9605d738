import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CryptoEngine } from '../../src/dnssec/crypto/engine.ts'
import { loadEngine } from '../../src/dnssec/crypto/load.ts'
import { trustKeys } from '../../src/dnssec/dnskey.ts'
import { type RRset, RRsets } from '../../src/dnssec/rrset.ts'
import { type UnverifiedRRset, type VerifiedRRset, verifyRRset } from '../../src/dnssec/rrsig.ts'
import { Session } from '../../src/dnssec/session.ts'
import type { ZoneKey } from '../../src/dnssec/zone-keys.ts'
import { readFixtureHeader } from '../../src/resolver/fixture/header.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { keyTag, readDnskey } from '../../src/wire/rdata/dnssec.ts'
import { filesIn, readRecorded, recordedFolder } from './folder.ts'
import { type Entry, parseEntries } from './testbound.ts'
import { context } from './validation.ts'

const folder = join(recordedFolder(), 'unbound-sigvectors')
const files = filesIn(folder, /^test_sig/)

describe.each(['native', 'noble'] as const)('with the engine %s', async (name) => {
  const engine = await loadEngine(name)

  describe.each(files)('%s', (file) => {
    const [keyEntry, ...entries] = parseEntries(readRecorded(folder, file), file)
    const now = clockOf(file)
    const dnskeys = onlySet(keyEntry!)
    const verify = (rrset: RRset) => verifyBy(engine, dnskeys, now, rrset)

    it.each(entries.map((entry) => ({ question: entry.question, entry })))('$question', ({ question, entry }) => {
      const rrset = onlySet(entry)
      const outcome = verify(rrset)
      if (dnskeys.records.every(({ rdata }) => readDnskey(rdata).algorithm === DSA)) {
        expect(outcome).toMatchObject({ verified: false, failure: { code: 'unsupported-algorithm' } })
      } else if (isRevoked(dnskeys)) {
        // The signatures are right, and a revoked key makes none that count (RFC 5011 section 2.1).
        expect(outcome).toMatchObject({ verified: false, failure: { code: 'dnskey-missing' } })
        expect(trustOf(engine, dnskeys, now, entry)).toBe('failed')
      } else {
        // One signature that holds is enough (RFC 6840 section 5.11); Unbound's file wants one for every algorithm.
        const single = rrset.signatures.map((signature) => verify({ ...rrset, signatures: [signature] }).verified)
        expect(outcome.verified).toBe(single.some(Boolean))
        expect(single.every(Boolean)).toBe(!question.startsWith('bogus.'))
      }
    })
  })
})

it.skipIf(!files.includes('test_sigs.sha1_and_256'))(
  'two algorithms: fails only where both signatures do',
  async () => {
    const file = 'test_sigs.sha1_and_256'
    const [keyEntry, ...entries] = parseEntries(readRecorded(folder, file), file)
    const engine = await loadEngine('native')
    const outcomes = entries.map(
      (entry) => verifyBy(engine, onlySet(keyEntry!), clockOf(file), onlySet(entry)).verified,
    )
    expect(outcomes).toEqual([true, true, true, false])
  },
)

/** The keys of the first entry are those of the zone; the ones that are revoked are no zone keys. */
function verifyBy(engine: CryptoEngine, dnskeys: RRset, now: number, rrset: RRset): VerifiedRRset | UnverifiedRRset {
  const keys = dnskeys.records.flatMap(({ rdata }): ZoneKey[] => {
    const { algorithm, flags, publicKey } = readDnskey(rdata)
    if ((flags & REVOKE) !== 0) return []
    return [{ keyTag: keyTag(rdata), algorithm, flags, rdata, publicKey: () => engine.importKey(algorithm, publicKey) }]
  })
  return verifyRRset(new Session(context(engine, now)), rrset, { zone: dnskeys.name, keys })
}

function trustOf(engine: CryptoEngine, dnskeys: RRset, now: number, entry: Entry): string {
  const rrset = new RRsets(entry.answer).get(dnskeys.name, RRType.DNSKEY) ?? dnskeys
  const anchors = dnskeys.records.map(({ rdata }) => ({ ...readDnskey(rdata), rdata }))
  return trustKeys(new Session(context(engine, now)), dnskeys.name, rrset, [], anchors).outcome
}

function isRevoked(dnskeys: RRset): boolean {
  return dnskeys.records.every(({ rdata }) => (readDnskey(rdata).flags & REVOKE) !== 0)
}

function onlySet(entry: Entry): RRset {
  const [only, ...more] = new RRsets(entry.answer)
  if (only === undefined || more.length > 0) throw new Error(`${entry.question}: not one RRset`)
  return only
}

function clockOf(file: string): number {
  const found = CLOCKS.find(([pattern]) => pattern.test(file))
  if (found === undefined) throw new Error(`${file}: no clock is known`)
  return readFixtureHeader(`; validate-at: ${found[1]}`).validateAt!
}

const CLOCKS: readonly (readonly [RegExp, string])[] = [
  [/ecdsa/, '20100908100439'],
  [/ed25519/, '20170530140439'],
  [/ed448/, '20180408143630'],
  [/rsasha256|rsasha512|sha1_and_256|\.[78]$/, '20070829144150'],
  [/hinfo/, '20090107100022'],
  [/revoked|\.2$/, '20080414005004'],
  [/\.[3-6]$/, '20080416005004'],
  [/\.9$/, '20171215000000'],
]

const DSA = 3
/** RFC 5011 section 7. */
const REVOKE = 0x0080
