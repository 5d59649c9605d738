import { type Lookup, readAnswer } from '../../dane/lookup.ts'
import { addressInName } from '../../dane/next-hop.ts'
import { DanelawError } from '../../errors.ts'
import { RRType } from '../../wire/codes/rrtype.ts'
import { Name } from '../../wire/name.ts'
import { readTxt } from '../../wire/rdata/text.ts'
import { type ReportingPolicy, readReportingPolicy } from './record.ts'

export type FoundReporting =
  | ReportingPolicy
  /** The lookup failed or was bogus: where reports go is not known, and nothing is sent. */
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Asks where a domain wants its reports (RFC 8460 section 3). An unsigned answer will do; a bogus one is nobody's.
 * @param domain absolute
 * @throws what the resolver throws
 */
export async function findReportAddresses(
  lookup: Lookup,
  domain: string,
  signal?: AbortSignal,
): Promise<FoundReporting> {
  const name = reportingName(domain)
  if (name === undefined) return { kind: 'none', why: 'no name can be put in front of it' }
  const answer = await lookup.query(name, RRType.TXT, signal === undefined ? {} : { signal })
  const result = readAnswer(answer, textOf)
  if (result.kind === 'failed') return { kind: 'failed', why: result.reason.text }
  return readReportingPolicy(result.records)
}

function reportingName(domain: string): Name | undefined {
  try {
    return addressInName(Name.parse(domain)) === undefined ? Name.parse(`_smtp._tls.${domain}`) : undefined
  } catch (error) {
    // With two labels more the name is too long.
    if (error instanceof DanelawError) return undefined
    throw error
  }
}

/** The strings put together without anything in between. */
function textOf(rdata: Uint8Array): string {
  return readTxt(rdata)
    .map((octets) => Buffer.from(octets).toString('latin1'))
    .join('')
}
