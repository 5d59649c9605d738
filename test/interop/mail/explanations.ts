/** Every disagreement with Postfix there may be: who is right, and by which RFC. */
import type { Connected, Fate } from './judges.ts'

export interface Explanation {
  readonly judge: 'posttls-finger' | 'Postfix'
  readonly what: string
  readonly rfc: string
  /** `both`: the RFC leaves it open. */
  readonly right: 'danelaw' | 'judge' | 'both'
  readonly domains: readonly string[]
  /** What the judge says there. */
  readonly theirs: readonly (Connected | Fate)[]
}

export const EXPLANATIONS: readonly Explanation[] = [
  {
    judge: 'posttls-finger',
    what: 'it stays with the first host it could connect to, and Postfix itself does not',
    rfc: 'RFC 7672 section 2.1.1: a host that fails is passed over for the next',
    right: 'danelaw',
    domains: ['second-fits.mail.test', 'first-no-starttls.mail.test'],
    theirs: ['none'],
  },
  {
    judge: 'Postfix',
    what: 'after a handshake that failed it waits for the next run of its queue before it sends in the clear',
    rfc: 'RFC 7435 section 3: in the clear where nothing better was promised; RFC 7672 does not say when',
    right: 'both',
    domains: ['no-tlsa-broken.mail.test'],
    theirs: ['deferred'],
  },
  {
    judge: 'Postfix',
    what: 'it returns mail for whose hosts there is no address, and danelaw tries again',
    rfc: 'RFC 5321 section 5.1: it must be reported as an error; of which kind is not said',
    right: 'both',
    domains: ['nothing.mail.test', 'mx-missing.mail.test'],
    theirs: ['rejected'],
  },
]
