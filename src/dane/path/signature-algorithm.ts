import { DanelawError } from '../../errors.ts'
import type { Certificate } from '../certificate.ts'
import { DerReader, Tag } from '../der.ts'

/** Why the signature on a certificate proves nothing, or null where its algorithm is one that does. */
export function signatureAlgorithmProblem(certificate: Certificate): string | null {
  const { signatureOid, signatureAlgorithm, tbsSignature } = certificate
  if (Buffer.compare(signatureAlgorithm, tbsSignature) !== 0) {
    return 'names two signature algorithms (RFC 5280 section 4.1.1.2)'
  }
  const weak = WEAK.get(signatureOid)
  if (weak !== undefined) return `is signed with ${weak}, which can be forged`
  if (signatureOid === RSASSA_PSS) return pssProblem(signatureAlgorithm)
  return SOUND.has(signatureOid) ? null : `is signed with algorithm ${signatureOid}, which is not known`
}

/** The hash of RSASSA-PSS is SHA-1 where nothing is said (RFC 4055 section 3.1). */
function pssProblem(signatureAlgorithm: Uint8Array): string | null {
  try {
    const algorithm = new DerReader(signatureAlgorithm).enter(Tag.Sequence, 'the signature algorithm')
    algorithm.objectIdentifier('the signature algorithm')
    const parameters = algorithm.enter(Tag.Sequence, 'the parameters of RSASSA-PSS')
    if (!parameters.next(0xa0)) return 'is signed with RSASSA-PSS and SHA-1, which can be forged'
    const hash = parameters.enter(0xa0, 'the hash').enter(Tag.Sequence, 'the hash').objectIdentifier('the hash')
    return SOUND_HASHES.has(hash) ? null : `is signed with RSASSA-PSS and hash ${hash}, which is not accepted`
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return `has malformed parameters of RSASSA-PSS: ${error.message}`
  }
}

const RSASSA_PSS = '1.2.840.113549.1.1.10'

const WEAK: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.2', 'MD2'],
  ['1.2.840.113549.1.1.3', 'MD4'],
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.3.14.3.2.3', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA-1'],
  ['1.3.14.3.2.29', 'SHA-1'],
  ['1.3.14.3.2.27', 'SHA-1'],
  ['1.2.840.10045.4.1', 'SHA-1'],
  ['1.2.840.10040.4.3', 'SHA-1'],
])

const SOUND = new Set([
  '1.2.840.113549.1.1.11', // sha256WithRSAEncryption
  '1.2.840.113549.1.1.12', // sha384WithRSAEncryption
  '1.2.840.113549.1.1.13', // sha512WithRSAEncryption
  '1.2.840.113549.1.1.14', // sha224WithRSAEncryption
  '1.2.840.10045.4.3.1', // ecdsa-with-SHA224
  '1.2.840.10045.4.3.2', // ecdsa-with-SHA256
  '1.2.840.10045.4.3.3', // ecdsa-with-SHA384
  '1.2.840.10045.4.3.4', // ecdsa-with-SHA512
  '1.3.101.112', // Ed25519
  '1.3.101.113', // Ed448
])

const SOUND_HASHES = new Set([
  '2.16.840.1.101.3.4.2.1', // SHA2-256
  '2.16.840.1.101.3.4.2.2', // SHA2-384
  '2.16.840.1.101.3.4.2.3', // SHA2-512
])
