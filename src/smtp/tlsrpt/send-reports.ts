import { join } from 'node:path'
import type { Lookup } from '../../dane/lookup.ts'
import { TLSRPT_LIMITS } from '../../limits.ts'
import { withLock } from '../../resolver/anchors/lock.ts'
import type { LookupResolver } from '../../resolver/node-dns/lookup.ts'
import type { ConnectionSettings } from '../connection-settings.ts'
import type { DeliverOptions } from '../delivery.ts'
import { type Day, dayOf, isDay } from './day.ts'
import type { DkimSigner } from './dkim.ts'
import { findReportAddresses } from './find-addresses.ts'
import { daysIn, readDay, removeDay } from './journal.ts'
import { Ledger } from './ledger.ts'
import { type PreparedReport, prepareReport, type Reporter } from './report.ts'
import { instanceOf, newInstance, readReporter } from './reporter.ts'
import { type SubmitSettings, submitReport } from './submit.ts'

export interface TlsReportOptions {
  /** Where a `TlsReportJournal` has kept the sessions. */
  readonly directory: string
  readonly resolver: Lookup & LookupResolver
  /** The sender of reports by mail, and the contact in all of them; in US-ASCII. */
  readonly from: string
  /** In place of `from` in the reports; its domain is that of the reporter (RFC 8460 section 5.3). */
  readonly contact?: string
  /** Default: the domain of the contact. */
  readonly organization?: string
  /** Signs reports by mail; receivers ignore those without a signature (RFC 8460 section 3). */
  readonly dkim?: DkimSigner
  /** One day alone, `2026-11-21`. It has to be over. */
  readonly day?: Day
  /** One domain alone, absolute and in lower case. */
  readonly domain?: string
  /** Nothing is sent or written. */
  readonly dryRun?: boolean
  /** For mail. */
  readonly connection?: ConnectionSettings
  readonly discovery?: NonNullable<DeliverOptions['discovery']>
  /** For HTTPS: authorities in PEM in place of the platform's. */
  readonly ca?: string
  /** Whether reports may be posted to hosts on this machine or its own network; default false. */
  readonly allowPrivate?: boolean
  readonly now?: () => Date
  readonly signal?: AbortSignal
}

/** What became of one report. */
export interface TlsReportResult {
  readonly day: Day
  readonly domain: string
  readonly report: PreparedReport
  /**
   * `unwanted`: the domain asks for none; `due`: would be sent, but for `dryRun`; `waiting`: will be tried again later;
   * `failed`: this time; `over`: for good.
   */
  readonly outcome: 'sent' | 'unwanted' | 'due' | 'waiting' | 'failed' | 'over'
  /** One sentence without a final dot; empty where the addresses say it all. */
  readonly text: string
  readonly addresses: readonly {
    readonly uri: string
    readonly outcome: 'sent' | 'due' | 'waiting' | 'failed' | 'over' | 'refused'
    readonly text: string
  }[]
}

export interface TlsReportRun {
  readonly reports: readonly TlsReportResult[]
  /** Days whose files could not be read in full: lines that are damaged, sessions beyond the limits. */
  readonly gaps: readonly { readonly day: Day; readonly damaged: number; readonly left: number }[]
  /** Days whose files were removed for their age. */
  readonly removed: readonly Day[]
}

/**
 * Sends the reports of all days that are over, those already sent and those not yet to be tried again left out.
 * @throws {TypeError} that names the option which is not what it should be
 * @throws {DanelawError} `bad-mailbox`, `bad-config`; `file`; what the resolver throws
 */
export async function sendTlsReports(options: TlsReportOptions): Promise<TlsReportRun> {
  const { directory, dryRun = false, now = () => new Date() } = options
  if (options.day !== undefined && !isDay(options.day)) throw new TypeError(`day: '${options.day}' is not a day`)
  const reporter = readReporter(options)
  daysIn(directory)
  if (dryRun) return await run(options, { ...reporter, instance: instanceOf(directory) ?? 'none' }, now)
  return await withLock(join(directory, 'reports'), async () => {
    return await run(options, { ...reporter, instance: instanceOf(directory) ?? newInstance(directory) }, now)
  })
}

/**
 * Makes the reports without sending them: of one day or all that are over, to one domain or all.
 * @throws as `sendTlsReports` does
 */
export function* prepareTlsReports(
  options: Pick<TlsReportOptions, 'directory' | 'from' | 'contact' | 'organization' | 'day' | 'domain' | 'now'>,
): Generator<PreparedReport> {
  const { directory, domain, now = () => new Date() } = options
  const reporter = { ...readReporter(options), instance: instanceOf(directory) ?? newInstance(directory) }
  for (const day of daysDue(directory, options.day, now())) {
    for (const tally of readDay(directory, day).tally.domains()) {
      if (domain === undefined || tally.domain === domain) yield prepareReport(tally, day, reporter)
    }
  }
}

async function run(options: TlsReportOptions, reporter: Reporter, now: () => Date): Promise<TlsReportRun> {
  const { directory, signal } = options
  const reports: TlsReportResult[] = []
  const gaps: { day: Day; damaged: number; left: number }[] = []
  for (const day of daysDue(directory, options.day, now())) {
    const ledger = new Ledger(directory, day)
    if (ledger.complete) continue
    const { tally, damaged } = readDay(directory, day)
    if (damaged > 0 || tally.left > 0) gaps.push({ day, damaged, left: tally.left })
    const all = tally.domains()
    const chosen = all.filter(({ domain }) => options.domain === undefined || options.domain === domain)
    const open: (() => Promise<TlsReportResult | undefined>)[] = chosen.map((one) => async () => {
      return await report(prepareReport(one, day, reporter), ledger, { ...options, reporter, now })
    })
    const results: (TlsReportResult | undefined)[] = []
    for (let first = 0; first < open.length; first += SIDE_BY_SIDE) {
      signal?.throwIfAborted()
      results.push(...(await Promise.all(open.slice(first, first + SIDE_BY_SIDE).map((work) => work()))))
    }
    reports.push(...results.filter((result) => result !== undefined))
    const settled = results.every((result) => result === undefined || SETTLED.has(result.outcome))
    if (settled && chosen.length === all.length && options.dryRun !== true) ledger.close(now())
  }
  return { reports, gaps, removed: options.dryRun === true ? [] : removeOld(directory, now()) }
}

interface Work extends TlsReportOptions {
  readonly reporter: Reporter
  readonly now: () => Date
}

/** Undefined where nothing was left to be done. */
async function report(prepared: PreparedReport, ledger: Ledger, work: Work): Promise<TlsReportResult | undefined> {
  const { now, signal, dryRun = false } = work
  const { day, domain } = prepared
  const result = (outcome: TlsReportResult['outcome'], text: string, addresses: TlsReportResult['addresses'] = []) => ({
    day,
    domain,
    report: prepared,
    outcome,
    text,
    addresses,
  })
  const standing = ledger.standing(domain, null, now())
  if (standing.kind === 'settled') return undefined
  if (standing.kind === 'waiting') return result('waiting', standing.text)
  const found = await findReportAddresses(work.resolver, `${domain}.`, signal)
  signal?.throwIfAborted()
  if (found.kind === 'failed') {
    const counted = dryRun ? 'failed' : ledger.note(domain, null, 'failed', found.why, now())
    return result(counted, `where its reports go cannot be found out: ${found.why}`)
  }
  if (found.kind === 'none') {
    if (!dryRun) ledger.note(domain, null, 'over', found.why, now())
    return result('unwanted', found.why)
  }
  const refused = found.refused.map(({ uri, why }) => ({ uri, outcome: 'refused', text: why }) as const)
  const tried = await Promise.all(
    found.addresses.map(async (address) => {
      const { uri } = address
      const before = ledger.standing(domain, uri, now())
      if (before.kind === 'settled') return { uri, outcome: before.sent ? 'sent' : 'over', text: 'before' } as const
      if (before.kind === 'waiting') return { uri, outcome: 'waiting', text: before.text } as const
      if (dryRun) return { uri, outcome: 'due', text: '' } as const
      const { outcome, text } = await submitReport(prepared, address, submitSettings(work), now())
      // What was called off counts as no try.
      if (outcome !== 'sent' && signal?.aborted === true) return { uri, outcome: 'failed', text } as const
      const counted = ledger.note(domain, uri, outcome === 'rejected' ? 'over' : outcome, text, now())
      return { uri, outcome: counted, text } as const
    }),
  )
  const outcome = WORST_FIRST.find((each) => tried.some((one) => one.outcome === each)) ?? 'unwanted'
  if (!dryRun && SETTLED.has(outcome)) ledger.note(domain, null, 'over', '', now())
  return result(outcome, tried.length === 0 ? 'no address that could be used' : '', [...tried, ...refused])
}

function submitSettings(work: Work): SubmitSettings {
  const { resolver, from, reporter, dkim, connection, discovery, ca, allowPrivate, signal } = work
  return {
    resolver,
    sender: { from, submitter: reporter.submitter, dkim: dkim ?? null },
    connection: connection ?? {},
    discovery: discovery ?? {},
    ca,
    allowPrivate: allowPrivate ?? false,
    signal,
  }
}

function daysDue(directory: string, wanted: Day | undefined, now: Date): Day[] {
  const today = dayOf(now)
  return daysIn(directory).filter((day) => day < today && (wanted === undefined || wanted === day))
}

function removeOld(directory: string, now: Date): Day[] {
  const oldest = dayOf(new Date(now.getTime() - TLSRPT_LIMITS.daysKept.value * 86_400_000))
  const old = daysIn(directory).filter((day) => day < oldest)
  for (const day of old) removeDay(directory, day)
  return old
}

/** Reports worked on at a time. */
const SIDE_BY_SIDE = 8
/** Outcomes after which nothing is left to be done. */
const SETTLED: ReadonlySet<TlsReportResult['outcome']> = new Set(['sent', 'unwanted', 'over'])
const WORST_FIRST = ['failed', 'waiting', 'due', 'over', 'sent'] as const
