import { DerReader, Tag } from '../../dane/der.ts'

/** One signer of a CMS SignedData without content, as far as it is needed to check the signature (RFC 5652). */
export interface DetachedSignature {
  /** DER of the certificates that came along. */
  readonly certificates: readonly Uint8Array[]
  readonly signer: SignerInfo
}

export interface SignerInfo {
  /** Which certificate is the signer's: by issuer and serial number, or by subject key identifier. */
  readonly id:
    | { readonly issuer: Uint8Array; readonly serialNumber: Uint8Array }
    | { readonly subjectKeyIdentifier: Uint8Array }
  /** Dotted OIDs. */
  readonly digestOid: string
  readonly signatureOid: string
  /** What is signed: the DER of the signed attributes as SET OF (RFC 5652 section 5.4). */
  readonly signed: Uint8Array
  /** Values of the two attributes that have to be there (RFC 5652 section 11.1, 11.2). */
  readonly contentTypeOid: string
  readonly messageDigest: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Takes a detached CMS signature by one signer apart (RFC 5652 section 5). Only its structure is looked at. A
 * signature straight over the content, without signed attributes, is refused: the two kinds can be mistaken for each
 * other (RFC 5652 section 5.3 wants attributes for all content but plain data).
 * @throws {DanelawError} `bad-certificate` with the offset
 */
export function readDetachedSignature(der: Uint8Array): DetachedSignature {
  const outer = new DerReader(der)
  const info = outer.enter(Tag.Sequence, 'the CMS message')
  outer.finish('the CMS message')
  if (info.objectIdentifier('the type of the CMS message') !== SIGNED_DATA) {
    throw info.malformed('the CMS message is no SignedData')
  }
  const explicit = info.enter(0xa0, 'the SignedData')
  info.finish('the CMS message')
  const data = explicit.enter(Tag.Sequence, 'the SignedData')
  explicit.finish('the SignedData')

  data.integer('the version of the SignedData')
  data.expect(Tag.Set, 'the digest algorithms')
  const content = data.enter(Tag.Sequence, 'the content')
  const contentOid = content.objectIdentifier('the type of the content')
  if (contentOid !== DATA) throw content.malformed(`the content is of type ${contentOid} where data was expected`)
  if (!content.atEnd) throw content.malformed('the signature holds a content of its own, and has to be a detached one')
  const certificates = data.next(0xa0) ? readCertificates(data.enter(0xa0, 'the certificates')) : []
  if (data.next(0xa1)) data.read('the revocation lists')
  const signers = data.enter(Tag.Set, 'the signers')
  data.finish('the SignedData')
  const signer = readSigner(signers.enter(Tag.Sequence, 'a signer'))
  if (!signers.atEnd) throw signers.malformed('there is more than one signer')
  return { certificates, signer }
}

function readCertificates(list: DerReader): Uint8Array[] {
  const certificates: Uint8Array[] = []
  while (!list.atEnd) {
    if (certificates.length >= MAX_CERTIFICATES) throw list.malformed(`more than ${MAX_CERTIFICATES} certificates`)
    certificates.push(list.whole(list.expect(Tag.Sequence, 'a certificate')))
  }
  return certificates
}

function readSigner(signer: DerReader): SignerInfo {
  signer.integer('the version of the signer')
  const id = readId(signer)
  const digestOid = readAlgorithm(signer, 'the digest algorithm')
  if (!signer.next(0xa0)) throw signer.malformed('the signature has no signed attributes')
  const element = signer.expect(0xa0, 'the signed attributes')
  const attributes = readAttributes(signer.inside(element, 'the signed attributes'))
  const signed = Uint8Array.from(signer.whole(element))
  // In the message the identifier is an implicit tag; what is signed has that of SET OF (RFC 5652 section 5.4).
  signed[0] = Tag.Set
  const signatureOid = readAlgorithm(signer, 'the signature algorithm')
  const signature = signer.content(signer.expect(Tag.OctetString, 'the signature'))
  if (signer.next(0xa1)) signer.read('the unsigned attributes')
  signer.finish('a signer')
  return { id, digestOid, signatureOid, signed, signature, ...attributes }
}

function readId(signer: DerReader): SignerInfo['id'] {
  if (signer.next(0x80)) {
    const identifier = signer.expect(0x80, 'the subject key identifier')
    return { subjectKeyIdentifier: signer.content(identifier) }
  }
  const id = signer.enter(Tag.Sequence, 'the identifier of the signer')
  const issuer = id.whole(id.expect(Tag.Sequence, 'the issuer'))
  const serialNumber = id.integer('the serial number')
  id.finish('the identifier of the signer')
  return { issuer, serialNumber }
}

/** AlgorithmIdentifier whose parameters are NULL or absent: the algorithms taken here have no others. */
function readAlgorithm(reader: DerReader, what: string): string {
  const algorithm = reader.enter(Tag.Sequence, what)
  const oid = algorithm.objectIdentifier(what)
  if (!algorithm.atEnd) {
    const parameters = algorithm.expect(NULL, `the parameters of ${what}`)
    if (parameters.end !== parameters.contentStart) throw algorithm.malformed(`${what} has parameters`)
  }
  algorithm.finish(what)
  return oid
}

/** Each attribute once, and each of the two that matter with exactly one value (RFC 5652 section 5.3, 11). */
function readAttributes(list: DerReader): Pick<SignerInfo, 'contentTypeOid' | 'messageDigest'> {
  const seen = new Set<string>()
  let contentTypeOid: string | undefined
  let messageDigest: Uint8Array | undefined
  while (!list.atEnd) {
    const attribute = list.enter(Tag.Sequence, 'an attribute')
    const oid = attribute.objectIdentifier('an attribute')
    if (seen.has(oid)) throw attribute.malformed(`attribute ${oid} stands twice`)
    seen.add(oid)
    const values = attribute.enter(Tag.Set, 'the values of an attribute')
    attribute.finish('an attribute')
    if (oid === CONTENT_TYPE) contentTypeOid = values.objectIdentifier('the content type')
    else if (oid === MESSAGE_DIGEST) messageDigest = values.content(values.expect(Tag.OctetString, 'the digest'))
    else continue
    values.finish('the values of an attribute')
  }
  if (contentTypeOid === undefined) throw list.malformed('the signed attributes have no content type')
  if (messageDigest === undefined) throw list.malformed('the signed attributes have no message digest')
  return { contentTypeOid, messageDigest }
}

const SIGNED_DATA = '1.2.840.113549.1.7.2'
export const DATA = '1.2.840.113549.1.7.1'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const NULL = 0x05
/** IANA's signature brings two along. */
const MAX_CERTIFICATES = 16
