import { parseAnchorFile } from '../../dnssec/anchor-file.ts'
import { inForce, type TrustAnchor } from '../../dnssec/trust-anchors.ts'
import { DanelawError } from '../../errors.ts'
import { formatTime } from '../time.ts'
import { readAuthorities, type SignatureVerdict, verifyDetached } from './signer.ts'
import { PACKAGED_AUTHORITIES, readFile, type Source } from './source.ts'

/** What a document of trust anchors is held against. */
export interface VerificationOptions {
  /** Path of a PEM file with the certificates of authorities; undefined for the one that came with the package. */
  readonly authorities: string | undefined
  /** Address of the signer. */
  readonly signer: string
  /** Unix seconds. */
  readonly at: number
}

/** A document of trust anchors, and whether its signature holds. */
export interface CheckedDocument {
  readonly anchors: readonly TrustAnchor[]
  readonly verdict: SignatureVerdict
  /** What to do where it does not hold. */
  readonly hint: string | undefined
}

/**
 * Checks a document of trust anchors and its detached signature (RFC 9718 section 2 and 3). The signature comes first:
 * what nobody vouches for is not even read.
 * @throws {DanelawError} `bad-anchor` where the document is signed and no document of trust anchors,
 *   `bad-certificate` and `file` for the authorities
 */
export function checkDocument(document: Source, signature: Source, options: VerificationOptions): CheckedDocument {
  const file = options.authorities ?? PACKAGED_AUTHORITIES
  const authorities = readAuthorities(new TextDecoder().decode(readFile(file)), file)
  const { signer: email, at } = options
  const verdict = verifyDetached(document.octets, signature.octets, { authorities, email, at })
  if (!verdict.verified) return { anchors: [], verdict, hint: hintFor(verdict.reason, options) }
  return { anchors: readDocument(document), verdict, hint: undefined }
}

/** @throws {DanelawError} where none of the digests counts at `at`: such a document would end all validation */
export function checkInForce(anchors: readonly TrustAnchor[], at: number, name: string): void {
  if (anchors.some(({ ds, dnskeys }) => [...ds, ...dnskeys].some((entry) => inForce(entry, at)))) return
  throw new DanelawError('bad-anchor', `none of its trust anchors is in force at ${formatTime(at)}`, {
    place: { file: name },
    hint: 'look whether the clock is right',
  })
}

/** @throws {DanelawError} `bad-anchor` with file and line (RFC 9718 section 2) */
export function readDocument({ octets, name }: Source): TrustAnchor[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch (error) {
    throw new DanelawError('bad-anchor', 'is not UTF-8 text', { place: { file: name }, cause: error })
  }
  // Records would do as anchors, but it is IANA's document that is published with a signature.
  if (!/^\ufeff?\s*</.test(text)) {
    throw new DanelawError('bad-anchor', 'is no document of trust anchors in XML', { place: { file: name } })
  }
  return parseAnchorFile(text, name)
}

function hintFor(reason: string, { authorities }: VerificationOptions): string | undefined {
  if (/leads to none of the authorities|did not sign/.test(reason) && authorities === undefined) {
    return "the package holds ICANN's root certificate of 2009 only: give the current ones, icannbundle.pem, with --ca"
  }
  return /expired|not valid before/.test(reason) ? 'look whether the clock is right; --at sets another time' : undefined
}
