/** Every disagreement with Postfix and Exim there may be: who is right, and by which RFC. */
import type { Connected, Fate } from './judges.ts'

export interface Explanation {
  readonly judge: 'posttls-finger' | 'Postfix' | 'Exim'
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
  {
    judge: 'Exim',
    what: 'a weaker digest that fits counts beside a stronger one that does not',
    rfc: 'RFC 7671 section 9: of the digests the strongest decides',
    right: 'danelaw',
    domains: ['stronger-wrong.mail.test'],
    theirs: ['verified'],
  },
  {
    judge: 'Exim',
    what: 'a whole certificate that is none counts as a record that can be used',
    rfc: 'RFC 6698 section 4.1: what cannot be used is as good as absent; of data that cannot be read it does not speak',
    right: 'both',
    domains: ['full-garbage.mail.test'],
    theirs: ['deferred'],
  },
  {
    judge: 'Exim',
    what: 'the name of the domain is no reference identifier',
    rfc: 'RFC 7672 section 3.2.2: it is one where the MX records are secure',
    right: 'danelaw',
    domains: ['domain-name-ta.mail.test'],
    theirs: ['deferred'],
  },
  {
    judge: 'Exim',
    what: 'an authority that stands in the DNS alone is not used',
    rfc: 'RFC 7671 section 5.2.2: with the whole certificate or key in the record, the server need not send it',
    right: 'danelaw',
    domains: ['ta-from-dns.mail.test', 'ta-key-from-dns.mail.test'],
    theirs: ['deferred'],
  },
  {
    judge: 'Exim',
    what: 'TLS 1.0 is good enough',
    rfc: 'RFC 8996 section 4: it must not be used',
    right: 'danelaw',
    domains: ['tls-1-0.mail.test'],
    theirs: ['verified'],
  },
  {
    judge: 'Exim',
    what: 'after a host whose records do not fit, or cannot be had, it waits before it asks the next',
    rfc: 'RFC 7672 sections 2.1.2 and 2.2: the next host may be tried; nothing says when',
    right: 'both',
    domains: ['second-fits.mail.test', 'first-bogus.mail.test'],
    theirs: ['deferred'],
  },
  {
    judge: 'Exim',
    what: 'it returns mail for whose hosts there is no address, and danelaw tries again',
    rfc: 'RFC 5321 section 5.1: it must be reported as an error; of which kind is not said',
    right: 'both',
    domains: ['nothing.mail.test', 'mx-missing.mail.test', 'ip-mx.mail.test'],
    theirs: ['rejected'],
  },
  {
    judge: 'Exim',
    what: 'of an alias only the name it leads to has TLSA records',
    rfc: 'RFC 7672 section 2.2.3: the name of the alias comes after it; section 2.1.3: alone where it is insecure',
    right: 'danelaw',
    domains: ['cname-host-own.mail.test', 'cname-to-insecure.mail.test', 'cname-to-insecure-wrong.mail.test'],
    theirs: ['encrypted'],
  },
  {
    judge: 'Exim',
    what: 'no TLSA records count where the MX records are insecure',
    rfc: 'RFC 7672 section 2.2.1: they may be used all the same',
    right: 'both',
    domains: ['outsourced-wrong.insecure.test', 'outsourced-cleartext.insecure.test'],
    theirs: ['encrypted', 'cleartext'],
  },
]
