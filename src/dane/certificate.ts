import { DanelawError } from '../errors.ts'
import { DANE_LIMITS } from '../limits.ts'
import { DerReader, type Element, Tag } from './der.ts'

/**
 * An X.509 certificate (RFC 5280 section 4.1) taken apart into views on its octets as received. Nothing is decoded
 * further than the structure needs; what the parts mean is read where it is used.
 */
export interface Certificate {
  readonly der: Uint8Array
  /** What the signature covers, tag and length included. */
  readonly tbs: Uint8Array
  /** 1, 2 or 3. */
  readonly version: number
  /** Content of the INTEGER. */
  readonly serialNumber: Uint8Array
  /** The AlgorithmIdentifier inside the signed part. */
  readonly tbsSignature: Uint8Array
  /** The AlgorithmIdentifier beside the signature. */
  readonly signatureAlgorithm: Uint8Array
  /** Dotted OID of `signatureAlgorithm`. */
  readonly signatureOid: string
  readonly signature: { readonly bits: Uint8Array; readonly unused: number }
  readonly issuer: Uint8Array
  /** SEQUENCE of two times. */
  readonly validity: Uint8Array
  readonly subject: Uint8Array
  /** The SubjectPublicKeyInfo as received. */
  readonly spki: Uint8Array
  readonly extensions: readonly Extension[]
}

/** One extension (RFC 5280 section 4.2). */
export interface Extension {
  readonly oid: string
  readonly critical: boolean
  /** Content of the OCTET STRING. */
  readonly value: Uint8Array
}

/**
 * Takes one certificate that uses every octet. Whether it is valid, signed or sensible is not looked at.
 * @throws {DanelawError} `bad-certificate` with the offset.
 */
export function readCertificate(der: Uint8Array): Certificate {
  const outer = openCertificate(der)
  const tbsElement = outer.expect(Tag.Sequence, 'the signed part of the certificate')
  const tbs = outer.inside(tbsElement, 'the signed part of the certificate')
  const head = readHead(tbs)
  const spki = tbs.whole(expectWholeSpki(tbs))
  const extensions = readTail(tbs, head.version)
  const algorithmElement = outer.expect(Tag.Sequence, 'the signature algorithm')
  const algorithm = outer.inside(algorithmElement, 'the signature algorithm')
  const signatureOid = algorithm.objectIdentifier('the signature algorithm')
  const signature = outer.bitString('the signature')
  outer.finish('the certificate')
  return {
    der,
    tbs: outer.whole(tbsElement),
    version: head.version,
    serialNumber: head.serialNumber,
    tbsSignature: tbs.whole(head.tbsSignature),
    signatureAlgorithm: outer.whole(algorithmElement),
    signatureOid,
    signature,
    issuer: tbs.whole(head.issuer),
    validity: tbs.whole(head.validity),
    subject: tbs.whole(head.subject),
    spki,
    extensions,
  }
}

/**
 * The SubjectPublicKeyInfo of a certificate, as a view on its octets as received. What stands behind it is not
 * looked at: a DANE-EE match leaves everything but the key aside (RFC 7671 section 5.1).
 * @throws {DanelawError} `bad-certificate` with the offset.
 */
export function subjectPublicKeyInfo(der: Uint8Array): Uint8Array {
  const tbs = openCertificate(der).enter(Tag.Sequence, 'the signed part of the certificate')
  readHead(tbs)
  return tbs.whole(expectSpki(tbs))
}

/** Whether the octets are one SubjectPublicKeyInfo and nothing else. @throws {DanelawError} `bad-certificate` */
export function checkSubjectPublicKeyInfo(octets: Uint8Array): void {
  const reader = new DerReader(octets)
  expectWholeSpki(reader)
  reader.finish('the public key')
}

function openCertificate(der: Uint8Array): DerReader {
  const limit = DANE_LIMITS.certificateOctets.value
  if (der.length > limit) {
    throw new DanelawError('bad-certificate', `a certificate of ${der.length} octets, where ${limit} is the limit`)
  }
  const reader = new DerReader(der)
  const outer = reader.enter(Tag.Sequence, 'the certificate')
  reader.finish('the certificate')
  return outer
}

interface Head {
  readonly version: number
  readonly serialNumber: Uint8Array
  readonly tbsSignature: Element
  readonly issuer: Element
  readonly validity: Element
  readonly subject: Element
}

/** Everything in front of the key. */
function readHead(tbs: DerReader): Head {
  return {
    version: readVersion(tbs),
    serialNumber: tbs.integer('the serial number'),
    tbsSignature: tbs.expect(Tag.Sequence, 'the signature algorithm'),
    issuer: tbs.expect(Tag.Sequence, 'the issuer'),
    validity: tbs.expect(Tag.Sequence, 'the validity'),
    subject: tbs.expect(Tag.Sequence, 'the subject'),
  }
}

/** Version 1 may be written out, which is no DER, but is found in old roots and read by everyone. */
function readVersion(tbs: DerReader): number {
  if (!tbs.next(0xa0)) return 1
  const explicit = tbs.enter(0xa0, 'the version')
  const version = explicit.integer('the version')
  explicit.finish('the version')
  if (version.length !== 1 || version[0]! > 2) throw tbs.malformed('the version is not 1, 2 or 3')
  return version[0]! + 1
}

/** A key that is put to use. The platform reads over bits that do not count, so that it would have two forms. */
function expectWholeSpki(reader: DerReader): Element {
  const element = expectSpki(reader)
  const spki = reader.inside(element, 'the public key')
  spki.expect(Tag.Sequence, 'the algorithm of the public key')
  if (spki.bitString('the public key').unused > 0) throw spki.malformed('the public key ends inside an octet')
  return element
}

/** SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING } */
function expectSpki(reader: DerReader): Element {
  const element = reader.expect(Tag.Sequence, 'the public key')
  const spki = reader.inside(element, 'the public key')
  const algorithm = spki.enter(Tag.Sequence, 'the algorithm of the public key')
  algorithm.objectIdentifier('the algorithm of the public key')
  if (!algorithm.atEnd) algorithm.read('the parameters of the public key')
  algorithm.finish('the algorithm of the public key')
  spki.bitString('the public key')
  spki.finish('the public key')
  return element
}

/** Unique identifiers (versions 2 and 3, RFC 5280 section 4.1.2.8) and extensions (version 3, section 4.1.2.9). */
function readTail(tbs: DerReader, version: number): readonly Extension[] {
  for (const tag of [0x81, 0x82]) {
    if (!tbs.next(tag)) continue
    if (version === 1) throw tbs.malformed('a unique identifier in a certificate of version 1')
    tbs.read('a unique identifier')
  }
  const extensions: Extension[] = []
  if (tbs.next(0xa3)) {
    if (version !== 3) throw tbs.malformed(`extensions in a certificate of version ${version}`)
    const explicit = tbs.enter(0xa3, 'the extensions')
    const list = explicit.enter(Tag.Sequence, 'the extensions')
    explicit.finish('the extensions')
    while (!list.atEnd) extensions.push(readExtension(list.enter(Tag.Sequence, 'an extension')))
  }
  tbs.finish('the signed part of the certificate')
  return extensions
}

function readExtension(reader: DerReader): Extension {
  const oid = reader.objectIdentifier('the name of an extension')
  // FALSE is the default and not to be written, but issuers do; nothing hangs on it.
  const critical = reader.next(Tag.Boolean) && reader.boolean('the critical flag of an extension')
  const value = reader.content(reader.expect(Tag.OctetString, 'the value of an extension'))
  reader.finish('an extension')
  return { oid, critical, value }
}
