/** Every disagreement there may be: who is right, and by which RFC. What none of these fits is a fault of the validator. */
import { Rcode } from '../../../src/wire/codes/rcode.ts'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import type { Question } from '../../../src/wire/record.ts'
import type { Expected } from '../../dnssec/foreign/expected.ts'
import type { Verdict } from './judges.ts'

export interface Disagreement {
  /** Who answered: `named` or `knot`. */
  readonly authority: string
  readonly question: Question
  readonly ours: Verdict
  /** The judge's verdict; for `content` what the zones say. */
  readonly theirs: Verdict
  readonly expected: Expected
}

export interface Explanation {
  readonly what: string
  readonly rfc: string
  /** `both`: each follows the answers that it had. */
  readonly right: 'danelaw' | 'judge' | 'both'
  readonly fits: (found: Disagreement) => boolean
}

export type Judge = 'content' | 'unbound' | 'delv'

/** The first that fits. */
export function explain(judge: Judge, found: Disagreement): Explanation | undefined {
  return EXPLANATIONS[judge].find(({ fits }) => fits(found))
}

const EXPLANATIONS: Readonly<Record<Judge, readonly Explanation[]>> = {
  content: [
    {
      what: 'a server says NODATA where NSEC is asked at a CNAME, which signed records contradict',
      rfc: 'RFC 6840 section 4.3',
      right: 'danelaw',
      fits: ({ question, ours, expected }) =>
        question.type === RRType.NSEC &&
        expected.aliases.length > 0 &&
        (ours.status === 'bogus' || (ours.status === 'insecure' && expected.status === 'insecure')),
    },
    {
      what: 'Knot answers an NSEC made from a wildcard without proof that the name itself does not exist',
      rfc: 'RFC 4035 section 3.1.3.3',
      right: 'danelaw',
      fits: ({ authority, question, ours, expected }) =>
        authority === 'knot' &&
        question.type === RRType.NSEC &&
        expected.kind === 'wildcard' &&
        ours.status === 'bogus',
    },
    {
      what: 'Knot takes another NSEC than the covering one for a name whose first label ends in an octet 0',
      rfc: 'RFC 4034 section 6.1',
      right: 'danelaw',
      fits: ({ authority, question, ours }) =>
        authority === 'knot' && question.name.labels[0]?.at(-1) === 0 && ours.status === 'bogus',
    },
    {
      what: 'Knot answers ANY with the first RRset of the name, which may be nothing but RRSIG records',
      rfc: 'RFC 4035 section 2.2',
      right: 'danelaw',
      fits: ({ authority, question, ours, expected }) =>
        authority === 'knot' && question.type === RRType.ANY && expected.status === 'secure' && ours.status === 'bogus',
    },
    {
      what: 'Knot answers from a wildcard without proof where the name asked for itself begins with an asterisk',
      rfc: 'RFC 4592 section 3.3.1, RFC 4035 section 3.1.3.3',
      right: 'danelaw',
      fits: ({ authority, question, ours }) =>
        authority === 'knot' && question.name.isWildcard && ours.status === 'bogus',
    },
  ],
  unbound: [
    {
      what: 'Unbound refuses the CNAME made from a DNAME where CNAME or DNAME was asked',
      rfc: 'RFC 6672 section 5.3.1',
      right: 'danelaw',
      fits: ({ question, theirs, expected }) =>
        (question.type === RRType.CNAME || question.type === RRType.DNAME) &&
        theirs.rcode === Rcode.SERVFAIL &&
        expected.aliases.some(({ via }) => via === 'DNAME'),
    },
    {
      what: 'Unbound follows the CNAME made from a DNAME where ANY was asked, which the CNAME answers',
      rfc: 'RFC 1034 section 4.3.2',
      right: 'danelaw',
      fits: ({ question, expected }) =>
        question.type === RRType.ANY && expected.aliases.some(({ via }) => via === 'DNAME'),
    },
    {
      what: 'Unbound follows a CNAME it remembers where NSEC is asked, which stands beside it',
      rfc: 'RFC 4035 section 2.5',
      right: 'both',
      fits: ({ question, theirs }) => question.type === RRType.NSEC && theirs.status !== 'bogus',
    },
    {
      what: 'Unbound takes a name that begins with an asterisk for the wildcard that was signed, though another one was',
      rfc: 'RFC 4035 section 5.3.2',
      right: 'danelaw',
      fits: ({ question, theirs }) => question.name.isWildcard && theirs.rcode === Rcode.SERVFAIL,
    },
    {
      what: 'Unbound refuses a NODATA from an unsigned zone at the end of an alias made from a wildcard',
      rfc: 'RFC 4035 section 5.3.4',
      right: 'danelaw',
      fits: ({ ours, theirs, expected }) =>
        ours.status === 'insecure' &&
        theirs.rcode === Rcode.SERVFAIL &&
        expected.aliases.some(({ wildcard }) => wildcard),
    },
  ],
  delv: [
    {
      what: 'delv says "fully validated" where a span of opt-out covers the name',
      rfc: 'RFC 5155 section 9.2',
      right: 'danelaw',
      fits: ({ ours, theirs, expected }) =>
        expected.status === 'insecure' && ours.status === 'insecure' && theirs.status === 'secure',
    },
    {
      what: 'delv gets from Unbound what the CNAME made from a DNAME leads to, where CNAME or DNAME was asked',
      rfc: 'RFC 6672 section 5.3.1',
      right: 'danelaw',
      fits: ({ question, expected }) =>
        (question.type === RRType.CNAME || question.type === RRType.DNAME) &&
        expected.aliases.some(({ via }) => via === 'DNAME'),
    },
    {
      what: 'delv fails where NSEC is asked at a CNAME that Unbound remembers, which the NSEC stands beside',
      rfc: 'RFC 4035 section 2.5',
      right: 'danelaw',
      fits: ({ question, ours, theirs }) =>
        question.type === RRType.NSEC && ours.status !== 'bogus' && theirs.said.endsWith('resolution failed: failure'),
    },
  ],
}
