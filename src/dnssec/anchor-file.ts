import { DanelawError, type Place } from '../errors.ts'
import { RRClass, rrClassName } from '../wire/codes/rrclass.ts'
import { RRType, rrTypeName } from '../wire/codes/rrtype.ts'
import { type Defaults, readEntry } from '../wire/master-file/entry.ts'
import { Name } from '../wire/name.ts'
import { fromBase64, fromHex } from '../wire/presentation/encodings.ts'
import { Fields } from '../wire/presentation/fields.ts'
import { Scanner } from '../wire/presentation/scanner.ts'
import { keyTag, readDnskey, readDs, writeDnskey } from '../wire/rdata/dnssec.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { parseAnchorXml, type XmlElement } from './anchor-xml.ts'
import { parseDateTime } from './time.ts'
import { type AnchorDs, type TrustAnchor, TrustAnchors } from './trust-anchors.ts'

/**
 * Reads trust anchors: a document like IANA's root-anchors.xml (RFC 9718 section 2.1), or DS and DNSKEY records in
 * master-file form. One anchor comes back for each zone, in the order in which the zones appear.
 * @throws {DanelawError} `bad-anchor` with file and line, also where there is no anchor in the file.
 */
export function parseAnchorFile(text: string, file: string): TrustAnchor[] {
  if (text.length > MAX_CHARACTERS) {
    throw new DanelawError('bad-anchor', `more than ${MAX_CHARACTERS} characters`, { place: { file } })
  }
  return /^\ufeff?\s*</.test(text) ? readDocument(parseAnchorXml(text, file), file) : readRecords(text, file)
}

function readRecords(text: string, file: string): TrustAnchor[] {
  const anchors: TrustAnchor[] = []
  const scanner = new Scanner(text, { file, lines: true })
  const fields = new Fields(scanner, undefined)
  const defaults: Defaults = {
    owner: undefined,
    ownerText: '',
    origin: undefined,
    // Anchors are often written down without one, and it has no meaning for them.
    defaultTtl: 0,
    lastTtl: undefined,
    class: RRClass.IN,
  }
  try {
    while (scanner.next()) {
      fields.at = 0
      if (scanner.token(0).startsWith('$'))
        throw scanner.fail(0, 'a directive where a DS or DNSKEY record was expected')
      const record = readEntry(fields, defaults)
      anchors.push(readRecord(record, (why) => scanner.fail(0, why)))
    }
  } catch (error) {
    throw error instanceof DanelawError ? asBadAnchor(error, scanner.place(0)) : error
  }
  if (anchors.length === 0) {
    throw new DanelawError('bad-anchor', 'there is no trust anchor in it', {
      place: { file },
      hint: "give DS or DNSKEY records, or IANA's root-anchors.xml",
    })
  }
  return [...new TrustAnchors(anchors).anchors]
}

function readRecord(record: ResourceRecord, fail: (why: string) => DanelawError): TrustAnchor {
  const { name: zone, type, class: rrclass, rdata } = record
  if (rrclass !== RRClass.IN) throw fail(`class ${rrClassName(rrclass)} where only IN has trust anchors`)
  if (type === RRType.DS) {
    const ds = readDs(rdata)
    checkDigest(ds, fail)
    return { zone, ds: [ds], dnskeys: [] }
  }
  if (type === RRType.DNSKEY) {
    const key = readDnskey(rdata)
    if (key.protocol !== 3) throw fail(`a DNSKEY with protocol ${key.protocol} where only 3 is in use`)
    if ((key.flags & ZONE_KEY) === 0) throw fail('a DNSKEY without the Zone Key flag signs no zone')
    if ((key.flags & REVOKE) !== 0) throw fail('a DNSKEY that is revoked is no trust anchor (RFC 5011 section 2.1)')
    return { zone, ds: [], dnskeys: [{ ...key, rdata }] }
  }
  throw fail(`a record of type ${rrTypeName(type)} where only DS and DNSKEY are trust anchors`)
}

function readDocument(root: XmlElement, file: string): TrustAnchor[] {
  const fail = (element: XmlElement, why: string): DanelawError =>
    new DanelawError('bad-anchor', why, { place: { file, line: element.line } })
  if (root.name !== 'TrustAnchor') throw fail(root, `a document of ${root.name} where TrustAnchor was expected`)
  checkAttributes(root, ['id', 'source'], [], fail)
  if (root.text !== '') throw fail(root, 'text between the elements of TrustAnchor')

  const [zoneElement, ...digests] = root.children
  if (zoneElement?.name !== 'Zone') throw fail(root, 'TrustAnchor does not start with a Zone')
  const ds = digests.map((element) => readKeyDigest(element, fail))
  if (ds.length === 0) throw fail(root, 'there is no trust anchor in it')
  let zone: Name
  try {
    zone = Name.parse(leaf(zoneElement, fail))
  } catch (error) {
    throw fail(zoneElement, error instanceof Error ? error.message : 'not a zone')
  }
  return [{ zone, ds, dnskeys: [] }]
}

type Fail = (element: XmlElement, why: string) => DanelawError

/**
 * One key: its digest is the anchor, in its window of time. Where the key itself is given too (RFC 9718), only its
 * tag is compared: trust rests on the digest alone.
 */
function readKeyDigest(element: XmlElement, fail: Fail): AnchorDs {
  if (element.name !== 'KeyDigest') throw fail(element, `${element.name} where KeyDigest was expected`)
  checkAttributes(element, ['id', 'validFrom'], ['validUntil'], fail)
  if (element.text !== '') throw fail(element, 'text between the elements of KeyDigest')
  const names = element.children.map(({ name }) => name)
  const expected = names.length > BARE_KEY_DIGEST.length ? WITH_PUBLIC_KEY : BARE_KEY_DIGEST
  if (names.join() !== expected.join()) {
    throw fail(element, `KeyDigest holds ${names.join(', ') || 'nothing'} where ${expected.join(', ')} was expected`)
  }
  const [tag, algorithm, digestType, digest, publicKey, flags] = element.children as [
    XmlElement,
    XmlElement,
    XmlElement,
    XmlElement,
    XmlElement?,
    XmlElement?,
  ]
  const octets = fromHex(leaf(digest, fail).replace(BLANKS, ''))
  if (octets === undefined || octets.length === 0) throw fail(digest, 'Digest is not hexadecimal')
  const ds = {
    keyTag: number(tag, 0xffff, fail),
    algorithm: number(algorithm, 0xff, fail),
    digestType: number(digestType, 0xff, fail),
    digest: octets,
  }
  checkDigest(ds, (why) => fail(digest, why))
  if (publicKey !== undefined && flags !== undefined) {
    const key = fromBase64(leaf(publicKey, fail).replace(BLANKS, ''))
    if (key === undefined || key.length === 0) throw fail(publicKey, 'PublicKey is not base64')
    const own = { flags: number(flags, 0xffff, fail), protocol: 3, algorithm: ds.algorithm, publicKey: key }
    const ownTag = keyTag(writeDnskey(own))
    if (ownTag !== ds.keyTag) throw fail(publicKey, `PublicKey has key tag ${ownTag}, and KeyTag is ${ds.keyTag}`)
  }

  const validFrom = time(element, 'validFrom', fail)
  if (!element.attributes.has('validUntil')) return { ...ds, validFrom }
  const validUntil = time(element, 'validUntil', fail)
  if (validUntil <= validFrom) throw fail(element, 'validUntil is not after validFrom')
  return { ...ds, validFrom, validUntil }
}

function checkAttributes(element: XmlElement, required: string[], optional: string[], fail: Fail): void {
  for (const name of required) {
    if (!element.attributes.has(name)) throw fail(element, `${element.name} has no attribute ${name}`)
  }
  for (const name of element.attributes.keys()) {
    if (!required.includes(name) && !optional.includes(name)) {
      throw fail(element, `${element.name} has an attribute ${name} that is not known`)
    }
  }
}

/** The text of an element that holds nothing else. */
function leaf(element: XmlElement, fail: Fail): string {
  checkAttributes(element, [], [], fail)
  if (element.children.length > 0) throw fail(element, `${element.name} holds elements where a value was expected`)
  return element.text
}

function number(element: XmlElement, maximum: number, fail: Fail): number {
  const text = leaf(element, fail)
  if (!/^[0-9]{1,10}$/.test(text) || Number(text) > maximum) {
    throw fail(element, `${element.name} is no whole number from 0 to ${maximum}`)
  }
  return Number(text)
}

/** Unix seconds of an xsd:dateTime. */
function time(element: XmlElement, attribute: string, fail: Fail): number {
  const seconds = parseDateTime(element.attributes.get(attribute) ?? '')
  if (seconds === undefined) throw fail(element, `${attribute} is not a time like 2017-02-02T00:00:00+00:00`)
  return seconds
}

function checkDigest(ds: AnchorDs, fail: (why: string) => DanelawError): void {
  const octets = DIGEST_OCTETS.get(ds.digestType)
  if (octets !== undefined && ds.digest.length !== octets) {
    throw fail(`a digest of type ${ds.digestType} has ${octets} octets, and this one ${ds.digest.length}`)
  }
}

/** The error of a record as one of a trust anchor, in the same place; `entry` where it names none of the file. */
function asBadAnchor(error: DanelawError, entry: Place): DanelawError {
  const { file, line, column } = error.place
  const where = `${file}:${line}:${column}: `
  const message = error.message.startsWith(where) ? error.message.slice(where.length) : error.message
  const options = { place: file === undefined ? entry : error.place, cause: error }
  return new DanelawError('bad-anchor', message, error.hint === undefined ? options : { ...options, hint: error.hint })
}

const BARE_KEY_DIGEST = ['KeyTag', 'Algorithm', 'DigestType', 'Digest']
const WITH_PUBLIC_KEY = [...BARE_KEY_DIGEST, 'PublicKey', 'Flags']
const BLANKS = /[ \t\r\n]+/g
/** DNSKEY flags (RFC 4034 section 2.1.1, RFC 5011 section 2.1). */
const ZONE_KEY = 0x0100
const REVOKE = 0x0080
/** SHA-1, SHA-256, SHA-384 (RFC 3658, RFC 4509, RFC 6605). */
const DIGEST_OCTETS: ReadonlyMap<number, number> = new Map([
  [1, 20],
  [2, 32],
  [4, 48],
])
const MAX_CHARACTERS = 1_048_576
