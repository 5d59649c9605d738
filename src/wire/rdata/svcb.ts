import { SvcParamKey, svcParamKeyName } from '../codes/svc-param.ts'
import type { Name } from '../name.ts'
import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

/** One SvcParam; the value as on the wire, checked against its key's format where the key is registered. */
export interface SvcParam {
  readonly key: number
  readonly value: Uint8Array
}

/** SVCB and HTTPS (RFC 9460 section 2.2). */
export interface Svcb {
  /** 0 for AliasMode. */
  readonly priority: number
  readonly targetName: Name
  /** Keys strictly ascending. */
  readonly params: readonly SvcParam[]
}

/**
 * Reads strictly: keys ascend without repetition, the value of every registered key has that key's format, and the
 * record is self-consistent (RFC 9460 section 2.4.3): mandatory keys are there, and `no-default-alpn` only with `alpn`.
 * In AliasMode, where params are to be ignored (section 2.4.2), only their order and lengths are checked.
 * @throws {DanelawError} `bad-wire`
 */
export function readSvcb(rdata: Uint8Array): Svcb {
  const reader = new Reader(rdata)
  const priority = reader.u16()
  const targetName = reader.name()
  return { priority, targetName, params: priority === 0 ? splitSvcParams(reader) : readSvcParams(reader) }
}

/** @throws {RangeError} where the params are not in strictly ascending order of their keys. */
export function writeSvcb(svcb: Svcb): Uint8Array {
  const writer = new Writer().u16(svcb.priority).name(svcb.targetName)
  let previous = -1
  for (const { key, value } of svcb.params) {
    if (key <= previous) throw new RangeError(`svcb.params: key ${key} after ${previous}`)
    previous = key
    writer.u16(key).u16(value.length).bytes(value)
  }
  return writer.finish()
}

/** Reads the SvcParams of a record in ServiceMode to the end. @throws {DanelawError} `bad-wire` */
export function readSvcParams(reader: Reader): SvcParam[] {
  const params = splitSvcParams(reader)
  for (const { key, value } of params) VALUE_CHECKS.get(key)?.(new Reader(value), svcParamKeyName(key))
  checkConsistency(reader, params)
  return params
}

function splitSvcParams(reader: Reader): SvcParam[] {
  const params: SvcParam[] = []
  let previous = -1
  while (reader.remaining > 0) {
    const key = reader.u16()
    if (key <= previous) throw reader.malformed(`SvcParamKey ${key} after ${previous}`)
    previous = key
    params.push({ key, value: reader.bytes(reader.u16()) })
  }
  return params
}

function checkConsistency(reader: Reader, params: readonly SvcParam[]): void {
  const keys = new Set(params.map(({ key }) => key))
  const mandatory = params[0]?.key === SvcParamKey.mandatory ? params[0].value : new Uint8Array()
  for (const keyReader = new Reader(mandatory); keyReader.remaining > 0; ) {
    const key = keyReader.u16()
    if (!keys.has(key)) throw reader.malformed(`mandatory ${svcParamKeyName(key)} is missing`)
  }
  if (keys.has(SvcParamKey['no-default-alpn']) && !keys.has(SvcParamKey.alpn)) {
    throw reader.malformed('no-default-alpn without alpn')
  }
}

type ValueCheck = (value: Reader, name: string) => void

/** Section 8: keys strictly ascending, at least one, and never `mandatory` itself. */
const checkMandatory: ValueCheck = (value, name) => {
  let previous: number = SvcParamKey.mandatory
  do {
    const key = value.u16()
    if (key <= previous) throw value.malformed(`${name}: key ${key} after ${previous}`)
    previous = key
  } while (value.remaining > 0)
}

/** Section 7.1: length-prefixed protocol identifiers, at least one, none empty. */
const checkAlpn: ValueCheck = (value, name) => {
  do if (value.characterString().length === 0) throw value.malformed(`${name}: an empty identifier`)
  while (value.remaining > 0)
}

const checkEmpty: ValueCheck = (value, name) => value.finish(`${name}, which has no value`)

const checkPort: ValueCheck = (value, name) => {
  value.u16()
  value.finish(name)
}

const listOf =
  (octets: number): ValueCheck =>
  (value) => {
    do value.bytes(octets)
    while (value.remaining > 0)
  }

/** Section 9: an ECHConfigList, which is length-prefixed (RFC 9849 section 4). */
const checkEch: ValueCheck = (value, name) => {
  value.bytes(value.u16())
  value.finish(name)
}

/** RFC 9461 section 5: a URI template in UTF-8, relative, with the variable `dns`. */
const checkDohpath: ValueCheck = (value, name) => {
  const octets = value.rest()
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    throw value.malformed(`${name} is not UTF-8`)
  }
  if (!text.startsWith('/') || !/\{[^}]*\bdns\b[^}]*\}/.test(text)) {
    throw value.malformed(`${name} is no relative URI template with the variable dns`)
  }
}

/** Length-prefixed path segments, none for the root (RFC 9953 section 8.2). */
const checkDocpath: ValueCheck = (value) => {
  while (value.remaining > 0) value.characterString()
}

/** Named groups, at least one, none twice. */
const checkGroups: ValueCheck = (value, name) => {
  const seen = new Set<number>()
  do {
    const group = value.u16()
    if (seen.has(group)) throw value.malformed(`${name}: group ${group} twice`)
    seen.add(group)
  } while (value.remaining > 0)
}

const VALUE_CHECKS: ReadonlyMap<number, ValueCheck> = new Map<number, ValueCheck>([
  [SvcParamKey.mandatory, checkMandatory],
  [SvcParamKey.alpn, checkAlpn],
  [SvcParamKey['no-default-alpn'], checkEmpty],
  [SvcParamKey.port, checkPort],
  [SvcParamKey.ipv4hint, listOf(4)],
  [SvcParamKey.ech, checkEch],
  [SvcParamKey.ipv6hint, listOf(16)],
  [SvcParamKey.dohpath, checkDohpath],
  [SvcParamKey.ohttp, checkEmpty],
  [SvcParamKey['tls-supported-groups'], checkGroups],
  [SvcParamKey.docpath, checkDocpath],
])
