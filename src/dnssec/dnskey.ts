import { algorithmName } from '../wire/codes/algorithm.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { compareOctets, type Name } from '../wire/name.ts'
import { type Dnskey, type Ds, keyTag, readDnskey } from '../wire/rdata/dnssec.ts'
import { LimitReached } from '../limits.ts'
import type { PublicKey } from './crypto/engine.ts'
import { failure } from './failure.ts'
import type { RRset } from './rrset.ts'
import { algorithmAccepted, type VerifiedRRset, verifyRRset } from './rrsig.ts'
import type { Session } from './session.ts'
import type { ChainDs, Failure } from './status.ts'
import type { AnchorKey } from './trust-anchors.ts'
import type { ZoneKey } from './zone-keys.ts'

/** The DNSKEY RRset of a zone, vouched for from above. */
export type TrustedKeys =
  | {
      readonly outcome: 'trusted'
      readonly keys: readonly ZoneKey[]
      readonly verified: VerifiedRRset
      readonly ds: readonly ChainDs[]
    }
  /** All keys the DS set points at are of sizes nobody here supports: as good as an unsupported algorithm. */
  | { readonly outcome: 'unsupported'; readonly why: string; readonly ds: readonly ChainDs[] }
  | { readonly outcome: 'failed'; readonly failure: Failure; readonly ds: readonly ChainDs[] }

/**
 * Finds a key that the parent's DS records, or the trust anchor's DS and DNSKEY records, vouch for and that signs the
 * DNSKEY RRset (RFC 4035 section 5.2). One such path is enough (RFC 6840 section 5.11); then all keys of the set count.
 * `ds` holds only records of supported algorithms and digests.
 */
export function trustKeys(
  session: Session,
  zone: Name,
  rrset: RRset,
  ds: readonly Ds[],
  anchorKeys: readonly AnchorKey[] = [],
): TrustedKeys {
  const { context } = session
  session.place = { name: zone, type: RRType.DNSKEY }
  context.budget.require('keysPerZone', rrset.records.length)
  const all = readKeys(session, rrset)
  const usable = all.filter((key) => isZoneKey(key.dnskey) && algorithmAccepted(context, key.dnskey.algorithm))

  const matches = matchDs(session, zone, usable, ds)
  const vouched = new Set(matches.entries)
  for (const key of usable) {
    if (anchorKeys.some((anchor) => compareOctets(anchor.rdata, key.zoneKey.rdata) === 0)) vouched.add(key)
  }
  const shown = matches.shown
  if (vouched.size === 0) return { outcome: 'failed', failure: noMatch(zone, all, ds, anchorKeys), ds: shown }

  const unsupported = [...vouched].map((key) =>
    context.engine.unsupportedKey(key.dnskey.algorithm, key.dnskey.publicKey),
  )
  const whyAll = unsupported.filter((why) => why !== undefined)
  // A DS that matches nothing may stand for a key that was withheld: then this is no case of "unsupported".
  if (whyAll.length === vouched.size && shown.every((record) => record.matched)) {
    return { outcome: 'unsupported', why: whyAll.join('; '), ds: shown }
  }

  const verified = verifyRRset(session, rrset, { zone, keys: [...vouched].map((key) => key.zoneKey) })
  if (!verified.verified)
    return { outcome: 'failed', failure: notSelfSigned(zone, [...vouched], verified.failure), ds: shown }
  return { outcome: 'trusted', keys: usable.map((key) => key.zoneKey), verified, ds: shown }
}

interface ReadKey {
  readonly dnskey: Dnskey
  readonly zoneKey: ZoneKey
}

/** Duplicates count once; a record that cannot be read is no key. */
function readKeys(session: Session, rrset: RRset): ReadKey[] {
  const keys: ReadKey[] = []
  for (const { rdata } of rrset.records) {
    if (keys.some((key) => compareOctets(key.zoneKey.rdata, rdata) === 0)) continue
    try {
      const dnskey = readDnskey(rdata)
      keys.push({ dnskey, zoneKey: zoneKey(session, dnskey, rdata) })
    } catch {}
  }
  return keys
}

export function zoneKey(session: Session, dnskey: Dnskey, rdata: Uint8Array): ZoneKey {
  const { engine } = session.context
  let imported: PublicKey | undefined
  let tried = false
  return {
    keyTag: keyTag(rdata),
    algorithm: dnskey.algorithm,
    flags: dnskey.flags,
    rdata,
    publicKey: () => {
      // Importing can cost more than verifying, so only the key that a signature names is imported, and once.
      if (!tried) imported = engine.importKey(dnskey.algorithm, dnskey.publicKey)
      tried = true
      return imported
    },
  }
}

/** Zone bit, protocol 3, not revoked (RFC 4034 section 2.1, RFC 5011 section 2.1); SEP is a hint and means nothing here. */
function isZoneKey(key: Dnskey): boolean {
  return (key.flags & ZONE_KEY) !== 0 && (key.flags & REVOKE) === 0 && key.protocol === 3
}

function matchDs(
  session: Session,
  zone: Name,
  keys: readonly ReadKey[],
  ds: readonly Ds[],
): { entries: ReadKey[]; shown: ChainDs[] } {
  const { engine, budget } = session.context
  const entries: ReadKey[] = []
  const shown: ChainDs[] = []
  let digests = 0
  for (const record of ds) {
    let matched = false
    const candidates = keys.filter(
      (key) => key.zoneKey.keyTag === record.keyTag && key.dnskey.algorithm === record.algorithm,
    )
    budget.require('keysPerTag', candidates.length)
    for (const key of candidates) {
      if (++digests > budget.limits.dsDigestsPerZone) {
        throw new LimitReached('dsDigestsPerZone', budget.limits.dsDigestsPerZone)
      }
      const digest = engine.digest(record.digestType, dsInput(zone, key.zoneKey.rdata))
      if (digest === undefined || compareOctets(digest, record.digest) !== 0) continue
      matched = true
      if (!entries.includes(key)) entries.push(key)
    }
    const { keyTag, algorithm, digestType, digest } = record
    shown.push({ keyTag, algorithm, digestType, digest, matched })
  }
  return { entries, shown }
}

/** What a DS digests: the canonical owner name and the DNSKEY RDATA (RFC 4034 section 5.1.4). */
export function dsInput(zone: Name, rdata: Uint8Array): Uint8Array {
  const owner = zone.canonicalWire
  const input = new Uint8Array(owner.length + rdata.length)
  input.set(owner)
  input.set(rdata, owner.length)
  return input
}

function noMatch(zone: Name, keys: readonly ReadKey[], ds: readonly Ds[], anchors: readonly AnchorKey[]): Failure {
  const where = zone.toCanonicalString()
  const wanted = [...ds.map((record) => record.keyTag), ...anchors.map((anchor) => keyTag(anchor.rdata))]
  const pointed = keys.filter((key) => wanted.includes(key.zoneKey.keyTag))
  const from = anchors.length > 0 ? 'the trust anchor' : 'the DS RRset at the parent'
  if (pointed.length > 0 && pointed.every((key) => (key.dnskey.flags & ZONE_KEY) === 0)) {
    const text = `the DNSKEY of ${where} that ${from} points at does not have the Zone Key flag`
    return failure('dnskey-no-zone-bit', text, zone, RRType.DNSKEY, `publish that key with flags 256 or 257`)
  }
  if (pointed.length > 0 && pointed.every((key) => (key.dnskey.flags & REVOKE) !== 0)) {
    const text = `the DNSKEY of ${where} that ${from} points at is revoked`
    return failure(
      'dnskey-no-ds-match',
      text,
      zone,
      RRType.DNSKEY,
      `put the DS of a key that is in use at the parent of ${where}`,
    )
  }
  const has = keys.map((key) => `${key.zoneKey.keyTag}/${algorithmName(key.dnskey.algorithm)}`).join(', ') || 'none'
  const text = `no DNSKEY of ${where} matches ${from} (wanted key ${[...new Set(wanted)].join(', ')}; it has ${has})`
  return failure(
    'dnskey-no-ds-match',
    text,
    zone,
    RRType.DNSKEY,
    `bring the DS records at the parent of ${where} and its DNSKEY RRset together: publish the old key again, or replace the DS`,
  )
}

function notSelfSigned(zone: Name, vouched: readonly ReadKey[], reason: Failure): Failure {
  if (reason.code !== 'dnskey-missing' && reason.code !== 'rrsigs-missing') return reason
  const tags = vouched.map((key) => `${key.zoneKey.keyTag}/${algorithmName(key.dnskey.algorithm)}`).join(', ')
  const where = zone.toCanonicalString()
  const text = `the DNSKEY RRset of ${where} is not signed by the key that its DS points at (${tags})`
  const code = reason.code === 'rrsigs-missing' ? 'rrsigs-missing' : 'dnskey-not-self-signed'
  const advice = `sign the DNSKEY RRset of ${where} with key ${tags}, or replace the DS at the parent`
  return failure(code, text, zone, RRType.DNSKEY, advice)
}

const ZONE_KEY = 0x0100
const REVOKE = 0x0080
