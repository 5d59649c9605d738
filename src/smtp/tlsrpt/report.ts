import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Day, endOf, startOf } from './day.ts'
import type { DomainTally, FailureDetail, PolicyTally } from './tally.ts'

/** Who reports. */
export interface Reporter {
  /** As people call it; may have any characters. */
  readonly organization: string
  /** A mail address; also the sender of reports by mail. */
  readonly contact: string
  /** The domain of `contact`, in lower case and without the final dot. */
  readonly submitter: string
  /** Some letters and digits that no other reporter of this submitter has. */
  readonly instance: string
}

/** A report as RFC 8460 section 4.4 has it. */
export interface TlsReport {
  readonly 'organization-name': string
  readonly 'date-range': { readonly 'start-datetime': string; readonly 'end-datetime': string }
  readonly 'contact-info': string
  readonly 'report-id': string
  readonly policies: readonly TlsReportPolicy[]
}

export interface TlsReportPolicy {
  readonly policy: {
    readonly 'policy-type': 'tlsa' | 'sts' | 'no-policy-found'
    readonly 'policy-string'?: readonly string[]
    readonly 'policy-domain': string
    readonly 'mx-host'?: readonly string[]
  }
  readonly summary: {
    readonly 'total-successful-session-count': number
    readonly 'total-failure-session-count': number
  }
  readonly 'failure-details'?: readonly TlsReportFailure[]
}

export interface TlsReportFailure {
  readonly 'result-type': FailureDetail['type']
  readonly 'sending-mta-ip'?: string
  readonly 'receiving-mx-hostname': string
  readonly 'receiving-mx-helo'?: string
  readonly 'receiving-ip'?: string
  readonly 'failed-session-count': number
  readonly 'failure-reason-code': string
}

/** A report and what it is sent as. */
export interface PreparedReport {
  readonly day: Day
  /** That the report is for, without the final dot. */
  readonly domain: string
  readonly report: TlsReport
  /** The document, compressed (RFC 8460 section 5.2). */
  readonly octets: Uint8Array
  /** As RFC 8460 section 5.1 has it. */
  readonly fileName: string
}

/** Makes the report on one domain and one day. The same counts give the same report, its identifier included. */
export function prepareReport(tally: DomainTally, day: Day, reporter: Reporter): PreparedReport {
  const domain = withoutDot(tally.domain)
  const { organization, contact, submitter, instance } = reporter
  const policies = tally.policies.map(reportPolicy)
  // A domain that gets the same report twice can tell by the identifier (RFC 8460 section 5.3).
  const about = JSON.stringify([instance, submitter, domain, day, policies])
  const unique = createHash('sha256').update(about).digest('hex').slice(0, 16)
  const report = {
    'organization-name': organization,
    'date-range': { 'start-datetime': `${day}T00:00:00Z`, 'end-datetime': `${day}T23:59:59Z` },
    'contact-info': contact,
    'report-id': `${day}.${unique}`,
    policies,
  }
  return {
    day,
    domain,
    report,
    octets: gzipSync(JSON.stringify(report)),
    fileName: `${submitter}!${domain}!${startOf(day)}!${endOf(day)}!${unique}.json.gz`,
  }
}

function reportPolicy({ type, domain, strings, mxHosts, successful, failed, details }: PolicyTally): TlsReportPolicy {
  return {
    policy: {
      'policy-type': type,
      ...(strings.length > 0 && { 'policy-string': strings }),
      'policy-domain': withoutDot(domain),
      ...(mxHosts.length > 0 && { 'mx-host': mxHosts.map(withoutDot) }),
    },
    summary: { 'total-successful-session-count': successful, 'total-failure-session-count': failed },
    ...(details.length > 0 && { 'failure-details': details.map(reportFailure) }),
  }
}

function reportFailure(detail: FailureDetail): TlsReportFailure {
  const { type, sendingAddress, host, helo, receivingAddress, text, count } = detail
  return {
    'result-type': type,
    ...(sendingAddress !== null && { 'sending-mta-ip': sendingAddress }),
    'receiving-mx-hostname': withoutDot(host),
    ...(helo !== null && { 'receiving-mx-helo': helo }),
    ...(receivingAddress !== null && { 'receiving-ip': receivingAddress }),
    'failed-session-count': count,
    'failure-reason-code': text,
  }
}

function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}
