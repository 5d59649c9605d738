import { DerReader, Tag } from '../der.ts'

/**
 * The relative names of a Name, each as a key that is equal for names which are equal by RFC 5280 section 7.1: text is
 * compared without regard to its string type, to case (of US-ASCII) and to the amount of white space.
 * @throws {DanelawError} `bad-certificate`
 */
export function relativeNames(name: Uint8Array): string[] {
  return readName(name).map(relativeName)
}

/** One key for equal names. @throws {DanelawError} `bad-certificate` */
export function distinguishedNameKey(name: Uint8Array): string {
  return JSON.stringify(relativeNames(name))
}

/** Every common name, in order; those of a string type that is not known are left out. @throws {DanelawError} `bad-certificate` */
export function commonNames(name: Uint8Array): string[] {
  return readName(name).flatMap(namesOf)
}

/** Both at once. @throws {DanelawError} `bad-certificate` */
export function keyAndCommonNames(name: Uint8Array): { readonly key: string; readonly commonNames: string[] } {
  const all = readName(name)
  return { key: JSON.stringify(all.map(relativeName)), commonNames: all.flatMap(namesOf) }
}

/** The addresses in emailAddress attributes, which name constraints cover too (RFC 5280 section 4.2.1.10). */
export function emailAddresses(name: Uint8Array): string[] {
  return readName(name)
    .flat()
    .filter(({ oid }) => oid === EMAIL_ADDRESS)
    .map(({ tag, content }) => text(tag, content) ?? '')
}

interface Attribute {
  readonly oid: string
  readonly tag: number
  readonly content: Uint8Array
}

function relativeName(attributes: readonly Attribute[]): string {
  const [only] = attributes
  if (attributes.length === 1) return attributeKey(only!)
  return attributes.map(attributeKey).sort().join('+')
}

function attributeKey({ oid, tag, content }: Attribute): string {
  return `${oid}=${valueKey(tag, content)}`
}

function namesOf(attributes: readonly Attribute[]): string[] {
  return attributes.flatMap(({ oid, tag, content }) => (oid === COMMON_NAME ? (text(tag, content) ?? []) : []))
}

/** Name ::= SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
function readName(name: Uint8Array): Attribute[][] {
  const outer = new DerReader(name)
  const list = outer.enter(Tag.Sequence, 'a name')
  outer.finish('a name')
  const names: Attribute[][] = []
  while (!list.atEnd) {
    const set = list.enter(Tag.Set, 'a relative name')
    const attributes: Attribute[] = []
    while (!set.atEnd) {
      const pair = set.enter(Tag.Sequence, 'an attribute of a name')
      const oid = pair.objectIdentifier('an attribute of a name')
      const value = pair.read('the value of an attribute')
      pair.finish('an attribute of a name')
      attributes.push({ oid, tag: value.tag, content: pair.content(value) })
    }
    names.push(attributes)
  }
  return names
}

function valueKey(tag: number, content: Uint8Array): string {
  const value = text(tag, content)
  if (value === undefined) return `#${tag}:${Buffer.from(content).toString('hex')}`
  // Most names are plain: then the case of all letters is that of US-ASCII, and there is no white space to fold.
  if (PLAIN.test(value)) return JSON.stringify(value.toLowerCase())
  return JSON.stringify(
    value
      .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
      .trim()
      .replace(/\s+/g, ' '),
  )
}

function text(tag: number, content: Uint8Array): string | undefined {
  switch (tag) {
    case Tag.Utf8String:
      return view(content).toString('utf8')
    case Tag.PrintableString:
    case Tag.Ia5String:
    case Tag.NumericString:
    case Tag.TeletexString:
      return view(content).toString('latin1')
    case Tag.BmpString:
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : undefined
    default:
      return undefined
  }
}

function view({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}

/** Printable US-ASCII with single spaces inside. */
const PLAIN = /^[!-~]+(?: [!-~]+)*$/
const COMMON_NAME = '2.5.4.3'
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'
