import { RRType } from '../wire/codes/rrtype.ts'
import { compareOctets, type Name } from '../wire/name.ts'
import { keyTag, readDnskey } from '../wire/rdata/dnssec.ts'
import { DanelawError } from '../errors.ts'
import { LimitReached } from '../limits.ts'
import type { CryptoEngine } from './crypto/engine.ts'
import { dsInput, trustKeys, zoneKey } from './dnskey.ts'
import { selectDs } from './ds.ts'
import { failure } from './failure.ts'
import type { RRset } from './rrset.ts'
import { algorithmAccepted, verifyRRset } from './rrsig.ts'
import { questionOf, Session } from './session.ts'
import type { Failure } from './status.ts'
import { type AnchorDs, inForce, type TrustAnchor } from './trust-anchors.ts'
import { unusable } from './upstream-failure.ts'
import type { Context, Walk } from './walk.ts'

/** What the DNSKEY RRset of a trust anchor's zone says about its anchors (RFC 5011). */
export interface TrustPointView {
  /**
   * RDATA, the REVOKE bit set, of anchors that are revoked: each of these keys signed the RRset that shows it so. It
   * needs no other key to say so (RFC 5011 section 2.1).
   */
  readonly revoked: readonly Uint8Array[]
  /** What the RRset holds, where an anchor that is in force and not revoked signed it. */
  readonly validated: ValidatedKeys | undefined
  /** Why it is not validated. */
  readonly failure: Failure | undefined
}

export interface ValidatedKeys {
  /** Keys that may be anchors: Zone Key set, REVOKE not, of a supported kind. */
  readonly keys: readonly { readonly rdata: Uint8Array; readonly secureEntryPoint: boolean }[]
  /** Key tag of the anchor that signed. */
  readonly signedBy: number
  /** Seconds; of the RRSIG, where it is signed. */
  readonly originalTtl: number
  /** Unix seconds at which that RRSIG ends. */
  readonly expiration: number
}

/** Asks for the DNSKEY RRset of an anchor's zone and looks at it with the anchor's keys alone. */
export function* viewTrustPoint(context: Context, anchor: TrustAnchor): Walk<TrustPointView> {
  const session = new Session(context)
  const { zone } = anchor
  const unseen = (reason: Failure): TrustPointView => ({ revoked: [], validated: undefined, failure: reason })
  const reply = yield session.ask(questionOf(zone, RRType.DNSKEY))
  const unanswered = unusable(reply, zone, RRType.DNSKEY)
  if (unanswered !== undefined || reply.kind !== 'message') return unseen(unanswered!)
  const rrset = session.sections(reply.message).answer.get(zone, RRType.DNSKEY)
  if (rrset === undefined) {
    const text = `there is a trust anchor for ${zone}, and no DNSKEY RRset`
    return unseen(failure('dnskey-missing', text, zone, RRType.DNSKEY))
  }
  try {
    return view(session, anchor, rrset)
  } catch (error) {
    if (error instanceof LimitReached) return unseen(failure('limit-reached', error.message, zone, RRType.DNSKEY))
    if (!(error instanceof DanelawError) || error.code !== 'bad-wire') throw error
    const text = `the DNSKEY RRset of ${zone} holds a malformed record: ${error.message}`
    return unseen(failure('record-malformed', text, zone, RRType.DNSKEY))
  }
}

/** Whether a DNSKEY is the one that a DS of `zone` digests (RFC 4034 section 5.1.4). */
export function isDigestOf(engine: Pick<CryptoEngine, 'digest'>, zone: Name, rdata: Uint8Array, ds: AnchorDs): boolean {
  if (ds.keyTag !== keyTag(rdata) || ds.algorithm !== rdata[3]) return false
  const digest = engine.digest(ds.digestType, dsInput(zone, rdata))
  return digest !== undefined && compareOctets(digest, ds.digest) === 0
}

/** The RDATA of a DNSKEY without the REVOKE bit: the key as it was before (RFC 5011 section 2.1). */
export function withoutRevoke(rdata: Uint8Array): Uint8Array {
  const before = Uint8Array.from(rdata)
  before[1]! &= ~REVOKE
  return before
}

function view(session: Session, anchor: TrustAnchor, rrset: RRset): TrustPointView {
  const { context } = session
  const { zone } = anchor
  context.budget.require('keysPerZone', rrset.records.length)
  const revoked = revokedAnchors(session, anchor, rrset)
  const formerly = revoked.map(withoutRevoke)
  const dnskeys = anchor.dnskeys.filter(
    (key) =>
      inForce(key, context.now) &&
      algorithmAccepted(context, key.algorithm) &&
      !formerly.some((former) => compareOctets(former, key.rdata) === 0),
  )
  const ds = anchor.ds.filter(
    (each) => inForce(each, context.now) && !formerly.some((former) => isDigestOf(context.engine, zone, former, each)),
  )
  const trusted = trustKeys(session, zone, rrset, selectDs(context, ds).ds ?? [], dnskeys)
  if (trusted.outcome !== 'trusted') {
    const reason =
      trusted.outcome === 'failed'
        ? trusted.failure
        : failure('unsupported-algorithm', trusted.why, zone, RRType.DNSKEY)
    return { revoked, validated: undefined, failure: reason }
  }
  const { signature } = trusted.verified
  const keys = trusted.keys.filter(
    ({ algorithm, rdata }) => context.engine.unsupportedKey(algorithm, readDnskey(rdata).publicKey) === undefined,
  )
  // Of RRSIGs that differ in nothing else the least: it can only make looking again come sooner.
  const originalTtl = Math.min(
    ...rrset.signatures
      .filter(({ rrsig }) => rrsig.keyTag === signature.keyTag && rrsig.algorithm === signature.algorithm)
      .map(({ rrsig }) => rrsig.originalTtl),
  )
  return {
    revoked,
    validated: {
      keys: keys.map(({ rdata, flags }) => ({ rdata, secureEntryPoint: (flags & SECURE_ENTRY_POINT) !== 0 })),
      signedBy: signature.keyTag,
      originalTtl,
      expiration: signature.expiration,
    },
    failure: undefined,
  }
}

/** Only what is an anchor can be revoked, so that nobody has signatures checked by keys of their own making. */
function revokedAnchors(session: Session, anchor: TrustAnchor, rrset: RRset): Uint8Array[] {
  const { context } = session
  const { zone } = anchor
  const revoked: Uint8Array[] = []
  for (const { rdata } of rrset.records) {
    if (rdata.length <= 4 || (rdata[1]! & REVOKE) === 0 || rdata[2] !== 3) continue
    if (revoked.some((other) => compareOctets(other, rdata) === 0)) continue
    const before = withoutRevoke(rdata)
    const isAnchor =
      anchor.dnskeys.some((key) => compareOctets(key.rdata, before) === 0) ||
      anchor.ds.some((ds) => isDigestOf(context.engine, zone, before, ds))
    if (!isAnchor) continue
    const key = zoneKey(session, readDnskey(rdata), rdata)
    if (verifyRRset(session, rrset, { zone, keys: [key] }).verified) revoked.push(rdata)
  }
  return revoked
}

const REVOKE = 0x0080
const SECURE_ENTRY_POINT = 0x0001
