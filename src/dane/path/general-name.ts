import { type DerReader, Tag } from '../der.ts'

/** GeneralName (RFC 5280 section 4.2.1.6): the identifier octet and the content, which is text for most kinds. */
export interface GeneralName {
  readonly tag: number
  readonly content: Uint8Array
}

/** Identifier octets of the kinds that have a meaning here. */
export const NameKind = {
  OtherName: 0xa0,
  Rfc822Name: 0x81,
  DnsName: 0x82,
  /** Explicit, as a Name is a CHOICE; the content is a whole RDNSequence. */
  DirectoryName: 0xa4,
  Uri: 0x86,
  IpAddress: 0x87,
} as const

export function readGeneralName(reader: DerReader, what: string): GeneralName {
  const element = reader.read(what)
  if (!KINDS.has(element.tag)) throw reader.malformed(`${what} is of no known kind`)
  return { tag: element.tag, content: reader.content(element) }
}

/** GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName */
export function readGeneralNames(reader: DerReader, what: string): GeneralName[] {
  const list = reader.enter(Tag.Sequence, what)
  const names: GeneralName[] = []
  while (!list.atEnd) names.push(readGeneralName(list, what))
  return names
}

/** The text of an IA5String, or undefined where it holds anything but printable US-ASCII. */
export function asciiText(content: Uint8Array): string | undefined {
  let text = ''
  for (const octet of content) {
    if (octet <= 0x20 || octet >= 0x7f) return undefined
    text += String.fromCharCode(octet)
  }
  return text
}

/** otherName, rfc822Name, dNSName, x400Address, directoryName, ediPartyName, URI, iPAddress, registeredID */
const KINDS = new Set([0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, 0x86, 0x87, 0x88])
