import { parseDateTime, timeText } from '../../dnssec/time.ts'
import { DanelawError } from '../../errors.ts'
import { TRUST_POINT_LIMITS } from '../../limits.ts'
import { Name } from '../../wire/name.ts'
import { fromBase64, fromHex, toBase64, toHex } from '../../wire/presentation/encodings.ts'
import { keyTag, readDnskey, writeDnskey } from '../../wire/rdata/dnssec.ts'
import type { KeyState, ManagedKey, TrustPoint } from './rfc5011.ts'

/** Trust points as the text of a file that people can read: JSON, with records in presentation form. */
export function formatState(points: readonly TrustPoint[]): string {
  const zones = points.map(({ zone, keys, lastValidated, nextLook, retryInterval }) => ({
    zone: zone.toCanonicalString(),
    lastValidated: lastValidated === null ? null : timeText(lastValidated),
    nextLook: timeText(nextLook),
    retryInterval,
    keys: keys.map((key) => ({
      state: key.state,
      since: timeText(key.since),
      holdDownUntil: key.holdDownUntil === null ? null : timeText(key.holdDownUntil),
      ...materialText(key.material),
      validFrom: key.validFrom === undefined ? null : timeText(key.validFrom),
      validUntil: key.validUntil === undefined ? null : timeText(key.validUntil),
    })),
  }))
  return `${JSON.stringify({ format: FORMAT, zones }, null, 2)}\n`
}

/**
 * Reads what `formatState` wrote. What is damaged is refused as a whole: half a state could forget that a key was
 * revoked, or count one that is still waiting.
 * @throws {DanelawError} `bad-anchor` with the file and what is wrong where
 */
export function parseState(text: string, file: string): TrustPoint[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw damaged(file, `it is not JSON: ${(error as Error).message}`, error)
  }
  try {
    const { format, zones } = properties(document, 'the document', ['format', 'zones'])
    if (format !== FORMAT) throw new Damage(`format is not '${FORMAT}'`)
    const points = list(zones, 'zones', TRUST_POINT_LIMITS.zones.value).map(readPoint)
    if (new Set(points.map(({ zone }) => zone.key)).size < points.length) throw new Damage('a zone stands there twice')
    return points
  } catch (error) {
    if (!(error instanceof Damage) && !(error instanceof DanelawError)) throw error
    throw damaged(file, error.message, error)
  }
}

function readPoint(value: unknown, index: number): TrustPoint {
  const where = `zones[${index}]`
  const names = ['zone', 'lastValidated', 'nextLook', 'retryInterval', 'keys']
  const { zone, lastValidated, nextLook, retryInterval, keys } = properties(value, where, names)
  const { shortestInterval, longestRetry, anchors, pendingKeys, removedKeys } = TRUST_POINT_LIMITS
  const inRange =
    typeof retryInterval === 'number' &&
    Number.isInteger(retryInterval) &&
    retryInterval >= shortestInterval.value &&
    retryInterval <= longestRetry.value
  if (!inRange) throw new Damage(`${where}.retryInterval is not a number of seconds from an hour to a day`)
  // Revoked keys were anchors before, and configuration may bring more than are taken in by observation.
  const most = anchors.max + pendingKeys.max + removedKeys.max
  return {
    zone: Name.parse(string(zone, `${where}.zone`)),
    lastValidated: lastValidated === null ? null : time(lastValidated, `${where}.lastValidated`),
    nextLook: time(nextLook, `${where}.nextLook`),
    retryInterval,
    keys: list(keys, `${where}.keys`, most).map((key, at) => readKey(key, `${where}.keys[${at}]`)),
  }
}

function readKey(value: unknown, where: string): ManagedKey {
  const isDs = typeof value === 'object' && value !== null && 'ds' in value
  const names = ['state', 'since', 'holdDownUntil', isDs ? 'ds' : 'dnskey', 'keyTag', 'validFrom', 'validUntil']
  const {
    state,
    since,
    holdDownUntil,
    ds,
    dnskey,
    keyTag: tag,
    validFrom,
    validUntil,
  } = properties(value, where, names)
  if (!STATES.has(state as KeyState)) throw new Damage(`${where}.state is none of ${[...STATES].join(', ')}`)
  const material = isDs ? readDs(ds, tag, `${where}.ds`) : readKeyMaterial(dnskey, tag, `${where}.dnskey`)
  if (isDs && state !== 'Valid' && state !== 'Missing') throw new Damage(`${where} is a DS and its state ${state}`)
  const begun = time(since, `${where}.since`)
  const until = holdDownUntil === null ? null : time(holdDownUntil, `${where}.holdDownUntil`)
  if ((state === 'AddPend') !== (until !== null)) throw new Damage(`${where}.holdDownUntil does not go with its state`)
  if (until !== null && until - begun < TRUST_POINT_LIMITS.addHoldDown.value) {
    throw new Damage(`${where}.holdDownUntil is less than 30 days after since (RFC 5011 section 2.4.1)`)
  }
  return {
    state: state as ManagedKey['state'],
    since: begun,
    holdDownUntil: until,
    material,
    ...(validFrom !== null && { validFrom: time(validFrom, `${where}.validFrom`) }),
    ...(validUntil !== null && { validUntil: time(validUntil, `${where}.validUntil`) }),
  }
}

function materialText(material: ManagedKey['material']) {
  if ('ds' in material) {
    const { keyTag: tag, algorithm, digestType, digest } = material.ds
    return { keyTag: tag, ds: `${tag} ${algorithm} ${digestType} ${toHex(digest)}` }
  }
  const { flags, protocol, algorithm, publicKey } = readDnskey(material.dnskey)
  return { keyTag: keyTag(material.dnskey), dnskey: `${flags} ${protocol} ${algorithm} ${toBase64(publicKey)}` }
}

function readDs(value: unknown, tag: unknown, where: string): ManagedKey['material'] {
  const [, ...fields] = /^([0-9]{1,5}) ([0-9]{1,3}) ([0-9]{1,3}) ([0-9A-Fa-f]+)$/.exec(string(value, where)) ?? []
  const [own, algorithm, digestType] = fields.slice(0, 3).map(Number) as [number, number, number]
  const digest = fromHex(fields[3] ?? '')
  const inRange = own <= 0xffff && algorithm <= 0xff && digestType <= 0xff
  if (digest === undefined || digest.length === 0 || !inRange) throw new Damage(`${where} is no DS record`)
  if (own !== tag) throw new Damage(`${where} has another key tag than keyTag says`)
  return { ds: { keyTag: own, algorithm, digestType, digest } }
}

function readKeyMaterial(value: unknown, tag: unknown, where: string): ManagedKey['material'] {
  const [, flags, algorithm, base64] =
    /^([0-9]{1,5}) 3 ([0-9]{1,3}) ([A-Za-z0-9+/]+={0,2})$/.exec(string(value, where)) ?? []
  const publicKey = fromBase64(base64 ?? '')
  const [own, number] = [Number(flags), Number(algorithm)]
  // A zone key, and never in the form that revokes it: what is kept is the key as it was before.
  const inRange = own <= 0xffff && number <= 0xff && (own & 0x0180) === 0x0100
  if (publicKey === undefined || publicKey.length === 0 || !inRange) throw new Damage(`${where} is no DNSKEY record`)
  const dnskey = writeDnskey({ flags: own, protocol: 3, algorithm: number, publicKey })
  // The one number that depends on every octet of the key.
  if (keyTag(dnskey) !== tag) throw new Damage(`${where} has another key tag than keyTag says`)
  return { dnskey }
}

function properties<K extends string>(value: unknown, where: string, names: readonly K[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Damage(`${where} is no object`)
  const own = Object.keys(value)
  const missing = names.find((name) => !own.includes(name))
  if (missing !== undefined) throw new Damage(`${where} has no ${missing}`)
  const unknown = own.find((name) => !names.includes(name as K))
  if (unknown !== undefined) throw new Damage(`${where} has ${unknown}, which is not known`)
  return value as Record<string, unknown>
}

function list(value: unknown, where: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw new Damage(`${where} is no list`)
  if (value.length > most) throw new Damage(`${where} has ${value.length} entries, where ${most} is the limit`)
  return value
}

function string(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new Damage(`${where} is no text`)
  return value
}

function time(value: unknown, where: string): number {
  const seconds = parseDateTime(string(value, where))
  if (seconds === undefined) throw new Damage(`${where} is not a time like 2026-11-22T00:00:00Z`)
  return seconds
}

/** What is wrong, before the file is known. */
class Damage extends Error {
  override readonly name = 'Damage'
}

function damaged(file: string, why: string, cause: unknown): DanelawError {
  return new DanelawError('bad-anchor', `this state of trust anchors is damaged: ${why}`, {
    place: { file },
    hint: 'put a good copy in its place; or remove it, and the configured trust anchors are where it starts again',
    cause,
  })
}

const FORMAT = 'danelaw trust anchor state 1'
const STATES: ReadonlySet<KeyState> = new Set<KeyState>(['AddPend', 'Valid', 'Missing', 'Revoked', 'Removed'])
