/** Every disagreement there may be: who is right, and by which RFC. What none of these fits is a fault of the verifier. */
import type { DaneVerdict } from '../../../src/dane/verify.ts'
import type { Case } from './cases.ts'
import type { Judgement } from './judges.ts'

export interface Disagreement {
  readonly asked: Case
  readonly ours: DaneVerdict
  readonly theirs: Judgement
}

export interface Explanation {
  readonly what: string
  readonly rfc: string
  /** `both`: the RFC leaves it open. */
  readonly right: 'danelaw' | 'judge' | 'both'
  readonly fits: (found: Disagreement) => boolean
  /** Takes a set of records that not every seed draws. */
  readonly seldom?: true
}

/** The first that fits. */
export function explain(known: readonly Explanation[], found: Disagreement): Explanation | undefined {
  return known.find(({ fits }) => fits(found))
}

type Fits = Explanation['fits']

/** danelaw accepts what the judge refuses, in shapes by this name, with these words. */
function weAccept(shapes: RegExp, said: RegExp, also: Fits = () => true): Fits {
  return (found) => {
    const { asked, ours, theirs } = found
    return (
      ours.authenticated &&
      !theirs.authenticated &&
      shapes.test(asked.shape.what) &&
      said.test(theirs.said) &&
      also(found)
    )
  }
}

/** The judge accepts what danelaw refuses, in shapes by this name, with these words. */
function theyAccept(shapes: RegExp, why: RegExp, also: Fits = () => true): Fits {
  return (found) => {
    const { asked, ours, theirs } = found
    if (ours.authenticated || theirs.authenticated !== true) return false
    return shapes.test(asked.shape.what) && why.test(ours.reason.text) && also(found)
  }
}

const ANY = /^/
const bareKey: Fits = ({ asked: { records } }) =>
  records.some(({ usage, selector, matchingType }) => usage === 2 && selector === 1 && matchingType === 0)

export const OPENSSL: readonly Explanation[] = [
  {
    what: 'OpenSSL takes one issuer of several and does not go back',
    rfc: 'RFC 4158 section 2.2: all possible paths are to be found',
    right: 'danelaw',
    fits: weAccept(
      /cross-|renewal|circle|identifier first/,
      /no matching DANE|self-signed certificate in|get local issuer|signature failure/,
    ),
  },
  {
    what: 'OpenSSL takes a certificate from the DNS for the issuer, whose signature does not fit, and does not go back',
    rfc: 'RFC 4158 section 2.2: all possible paths are to be found',
    right: 'danelaw',
    seldom: true,
    fits: weAccept(ANY, /signature failure/, ({ asked: { records, targets } }) =>
      records.some(({ usage, matchingType }, i) => usage % 2 === 0 && matchingType === 0 && targets[i] === null),
    ),
  },
  {
    what: 'a key in the DNS signs, and its certificate in the DNS has ended',
    rfc: 'RFC 7671 section 8.1: any record that matches is enough',
    right: 'danelaw',
    seldom: true,
    fits: weAccept(ANY, /not yet valid|has expired/, bareKey),
  },
  {
    what: 'OpenSSL looks for no issuer of a leaf that has signed itself, though the DNS has one with its key',
    rfc: 'RFC 7671 section 5.2.1: a certificate in the DNS is a trust anchor whether it is sent or not',
    right: 'danelaw',
    seldom: true,
    fits: weAccept(/self-signed/, /no matching DANE/, ({ ours }) => ours.matched?.usage === 2),
  },
  {
    what: 'OpenSSL holds an issuer whose key identifier or serial number is another for none; signatures decide',
    rfc: 'RFC 5280 sections 4.2.1.1 and 6.1: identifiers help to find a path, and are no part of its validation',
    right: 'danelaw',
    fits: weAccept(/identifier|serial number/, /no matching DANE|get local issuer/),
  },
  {
    what: 'OpenSSL finds no usage 2 in a set with usage 0 or 1 where the trust anchor is an authority too',
    rfc: 'RFC 7671 section 8.1: any record that matches is enough',
    right: 'danelaw',
    fits: weAccept(ANY, /no matching DANE/, ({ asked, ours }) => {
      return asked.pkix && ours.matched?.usage === 2 && asked.records.some(({ usage }) => usage < 2)
    }),
  },
  {
    what: 'OpenSSL ends the validity one second early',
    rfc: 'RFC 5280 section 4.1.2.5: notAfter is included',
    right: 'danelaw',
    fits: weAccept(ANY, /certificate has expired/, ({ asked: { shape, at } }) =>
      [...shape.sent, ...shape.absent].some(({ notAfter }) => notAfter === at),
    ),
  },
  {
    what: 'OpenSSL asks for a key of 80 bits of strength also where the record is of that very key',
    rfc: 'RFC 7671 section 5.1: DANE-EE(3) looks at nothing but the match',
    right: 'danelaw',
    fits: weAccept(/RSA of 768 bits/, /EE certificate key too weak/, ({ ours }) => ours.matched?.usage === 3),
  },
  {
    what: 'a wildcard directly under a top-level label',
    rfc: 'RFC 7672 section 3.2.3: a wildcard is the whole first label, and nothing is said of the others',
    right: 'danelaw',
    fits: weAccept(/wildcard under a top-level label/, /hostname mismatch/),
  },
  {
    what: 'OpenSSL lets a wildcard stand for letters, digits and hyphens, not for an underscore',
    rfc: 'RFC 6125 section 6.4.3: for one label, whose characters are left open',
    right: 'both',
    fits: weAccept(/wildcard/, /hostname mismatch/, ({ asked: { names } }) =>
      names.some((name) => name.startsWith('_')),
    ),
  },
  {
    what: 'a key in the DNS signs, and a certificate with that key is sent that cannot be used',
    rfc: 'RFC 7671 section 5.2.2: the key is the trust anchor, whatever certificates there are for it',
    right: 'danelaw',
    fits: weAccept(/with an unknown critical extension/, /unhandled critical extension/, bareKey),
  },
  {
    what: 'danelaw looks at ten certificates, OpenSSL at a hundred',
    rfc: 'none: DANE_LIMITS.certificates',
    right: 'both',
    fits: theyAccept(/eleven authorities/, /leads to no certificate/),
  },
  {
    what: 'OpenSSL takes a certificate of version 3 without basicConstraints for an authority',
    rfc: 'RFC 5280 section 6.1.4 (k)',
    right: 'danelaw',
    fits: theyAccept(/without basicConstraints/, /no basicConstraints/),
  },
  {
    what: 'OpenSSL does not look at the dates of a trust anchor that is not self-signed',
    rfc: 'RFC 5280 section 6.1.1 (d) leaves them to the verifier; none should trust an authority that has ended',
    right: 'both',
    fits: theyAccept(ANY, /CN=Intermediate\) (expired at|is not valid before)/),
  },
  {
    what: "OpenSSL counts Netscape's purpose of Server Gated Cryptography",
    rfc: 'RFC 5280 section 4.2.1.12: serverAuth alone is for TLS servers',
    right: 'danelaw',
    fits: theyAccept(/Server Gated Cryptography/, /other purposes/),
  },
  {
    what: 'a wildcard may stand for the very host that is excluded',
    rfc: 'RFC 5280 section 4.2.1.6 leaves wildcards open; section 4.2.1.10 means every name that may be used',
    right: 'both',
    fits: theyAccept(/wildcard may be what is excluded/, /constraints exclude/),
  },
  {
    what: 'OpenSSL accepts an extension that occurs twice where it does not know it',
    rfc: 'RFC 5280 section 4.2: a certificate must not include more than one instance of an extension',
    right: 'danelaw',
    fits: theyAccept(/an extension twice/, /occurs twice|leads to no certificate/),
  },
  {
    what: 'OpenSSL does not look at the extensions of a leaf that a key in the DNS signed',
    rfc: 'RFC 5280 section 4.2: what cannot be read cannot be complied with',
    right: 'danelaw',
    fits: theyAccept(/nobody can read/, /the leaf .* cannot be used/, bareKey),
  },
  {
    what: 'OpenSSL passes over the certificate of a key in the DNS, which is sent, and over the signature on the leaf, where usages 0 and 1 are in force',
    rfc: 'RFC 7671 section 5.2.2 needs no certificate; danelaw keeps to its rules where there is one',
    right: 'both',
    seldom: true,
    fits: theyAccept(ANY, ANY, (found) => found.asked.pkix && bareKey(found)),
  },
  {
    what: 'OpenSSL does not look whether a trust anchor of version 1 has signed itself',
    rfc: 'RFC 5280 section 6.1.1 (d) leaves it to the verifier; only a root can do without basicConstraints',
    right: 'both',
    seldom: true,
    fits: theyAccept(/version 1 root/, /no self-signed trust anchor/),
  },
  {
    what: 'OpenSSL 3.0 fails where a leaf is an authority and a key is a record',
    rfc: 'none',
    right: 'danelaw',
    seldom: true,
    fits: ({ theirs, asked: { shape } }) => theirs.said === 'crash' && shape.authorities.includes(shape.sent[0]!),
  },
  {
    what: 'a leaf that is in the file of authorities itself',
    rfc: 'RFC 5280 section 6.1.1 (d) leaves trust anchors to the verifier; danelaw wants an authority above the leaf',
    right: 'both',
    fits: theyAccept(ANY, /leads to no certificate of an authority/, ({ asked: { shape } }) =>
      shape.authorities.includes(shape.sent[0]!),
    ),
  },
]

export const GNUTLS: readonly Explanation[] = [
  {
    what: 'GnuTLS takes no key out of a certificate that it cannot use otherwise',
    rfc: 'RFC 7671 section 5.1: DANE-EE(3) with selector 1 is a match of octets; RFC 7250 has it for bare keys',
    right: 'danelaw',
    fits: weAccept(
      /secp256k1|occurs twice|extension twice|nobody can read|two names for the alg/,
      /error in the public key/,
    ),
  },
  {
    what: 'GnuTLS looks for the trust anchor among what the server sent, and nowhere else',
    rfc: 'RFC 7671 sections 5.2.1 and 5.2.2: a whole certificate or key in the DNS is enough',
    right: 'danelaw',
    fits: weAccept(/not sent|only the leaf/, /not available|0x1/, ({ ours }) => ours.matched?.matchingType === 0),
  },
]
