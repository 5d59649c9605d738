import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DANE_LIMITS } from '../limits.ts'
import { DanelawError } from '../errors.ts'
import { readText } from '../resolver/read-text.ts'
import { parseMailbox } from '../smtp/address.ts'
import { isDay } from '../smtp/tlsrpt/day.ts'
import { type DkimSigner, dkimSigner } from '../smtp/tlsrpt/dkim.ts'
import { prepareTlsReports, sendTlsReports } from '../smtp/tlsrpt/send-reports.ts'
import { readName } from './argument-readers.ts'
import { defineCommand, type Input } from './command.ts'
import { reportFailure } from './failure-report.ts'
import type { Io } from './io.ts'
import { connectionSettings, MAIL_OPTIONS } from './mail-options.ts'
import { flag, mandatory, optional, type OptionTable, readPath, reader } from './option.ts'
import { progress, writeJson } from './output.ts'
import { paintFor, printable } from './paint.ts'
import { readPemFile } from './pem-file.ts'
import { filesJson, filesText, runJson, runText } from './report/report-text.ts'
import { RESOLVING_OPTIONS, withResolver } from './resolving.ts'

const { port, 'connect-port': connectPort, ehlo } = MAIL_OPTIONS

const OPTIONS = {
  from: mandatory('ADDR', reader(readSender), 'sender of reports by mail, and the contact they name'),
  contact: optional('ADDR', reader(readSender), 'the contact, where it is another; its domain is who reports'),
  organization: optional('NAME', readOrganization, "who reports, for people; default: the contact's domain"),
  day: optional('DAY', readDay, 'of one day alone, as 2026-11-21; by UTC, and it has to be over'),
  domain: optional('DOMAIN', reader(readDomain), 'to one domain alone'),
  'dry-run': flag('say what would be sent, and where; send and write nothing'),
  output: optional('DIR', readPath, 'write the reports there as files, and send none'),
  'dkim-key': optional('FILE', readPath, 'private key in PEM that signs reports by mail, RSA or Ed25519 (RFC 6376)'),
  'dkim-selector': optional('NAME', readLabel, 'where its public key stands: NAME._domainkey.DOMAIN'),
  'dkim-domain': optional('DOMAIN', readLabel, "the domain that signs; default: the sender's"),
  ca: optional('FILE', readPath, "for https: authorities in PEM in place of the platform's"),
  'allow-private': flag("for https: post also to this machine's own networks"),
  port,
  'connect-port': connectPort,
  ehlo,
  ...RESOLVING_OPTIONS,
} as const satisfies OptionTable

export const report = defineCommand({
  name: 'report',
  description:
    'Sends TLS reports (RFC 8460) on the mail that danelaw send and danelaw queue run have counted with --tlsrpt DIR: to every domain that asks for them, of every day that is over, each once. To be run some times a day: what cannot be delivered is tried again for 24 hours.',
  args: [{ name: 'DIR', required: true, help: 'where the sessions were counted; files of the last 14 days are kept' }],
  servers: true,
  options: OPTIONS,
  statuses: [
    [0, 'nothing is left to be sent'],
    [75, 'something could not be sent, or no upstream could be asked: try again later'],
  ],
  examples: [
    'danelaw report /var/lib/danelaw/tlsrpt --from tlsrpt@example.org --dry-run',
    'danelaw report /var/lib/danelaw/tlsrpt --from tlsrpt@example.org \\',
    '    --dkim-key /etc/danelaw/dkim.pem --dkim-selector tlsrpt',
  ],
  async run(input, io) {
    const { options } = input
    const directory = input.args[0]!
    const dkim = readSigner(options)
    const now = () => new Date((options.at ?? io.now()) * 1000)
    const today = now().toISOString().slice(0, 10)
    if (options.day !== undefined && options.day >= today) {
      throw new DanelawError('usage', `${options.day} is not over`, { place: { option: '--day' } })
    }
    const { from, contact, organization, day, domain } = options
    const about = {
      directory,
      from,
      now,
      ...(contact !== undefined && { contact }),
      ...(organization !== undefined && { organization }),
      ...(day !== undefined && { day }),
      ...(domain !== undefined && { domain }),
    }
    if (options.output !== undefined) return write(about, options.output, options.json, io)
    const ca = options.ca === undefined ? {} : { ca: readPemFile(options.ca, MANY, (text) => text) }
    const paint = paintFor(io.stdout, io.env)
    const work = withResolver(input, io, async ({ resolver }) => {
      progress(io, `reading what was counted in ${directory}`)
      const run = await sendTlsReports({
        ...about,
        ...ca,
        resolver,
        dryRun: options['dry-run'],
        ...(dkim !== undefined && { dkim }),
        connection: { ...connectionSettings(options), ...(options.at !== undefined && { at: options.at }) },
        ...(options.port !== undefined && { discovery: { port: options.port } }),
        allowPrivate: options['allow-private'],
        signal: io.signal,
      })
      if (dkim === undefined && run.reports.some(({ addresses }) => addresses.some(({ uri }) => isMail(uri)))) {
        io.stderr.write('danelaw: without --dkim-key, receivers ignore reports by mail (RFC 8460 section 3)\n')
      }
      for (const { day: of, damaged, left } of run.gaps) {
        io.stderr.write(`danelaw: ${of}: ${damaged} damaged lines and ${left} sessions beyond the limits not counted\n`)
      }
      if (options.json) writeJson(io, runJson(run))
      else io.stdout.write(runText(run, paint))
      return run.reports.some(({ outcome }) => outcome === 'failed' || outcome === 'waiting') ? 75 : 0
    })
    try {
      return await work
    } catch (error) {
      if (!(error instanceof DanelawError) || error.code !== 'no-upstream') throw error
      reportFailure(error, options.json, io)
      return 75
    }
  },
})

/** The reports as files, without asking anybody. */
function write(about: Parameters<typeof prepareTlsReports>[0], folder: string, json: boolean, io: Io): number {
  const written: { readonly path: string; readonly day: string; readonly domain: string }[] = []
  for (const { fileName, octets, day, domain } of prepareTlsReports(about)) {
    const path = join(folder, fileName)
    try {
      writeFileSync(path, octets)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      throw new DanelawError('file', `cannot be written: ${code}`, { place: { file: path }, cause: error })
    }
    written.push({ path, day, domain })
  }
  if (json) writeJson(io, filesJson(written))
  else io.stdout.write(filesText(written))
  return 0
}

function readSigner(options: Input<typeof OPTIONS>['options']): DkimSigner | undefined {
  const { 'dkim-key': path, 'dkim-selector': selector, from } = options
  if (path === undefined && selector === undefined && options['dkim-domain'] === undefined) return undefined
  if (path === undefined || selector === undefined) {
    throw new DanelawError('usage', '--dkim-key and --dkim-selector belong together')
  }
  const domain = options['dkim-domain'] ?? from.slice(from.lastIndexOf('@') + 1)
  try {
    return dkimSigner(domain, selector, readText(path, MOST_KEY_OCTETS))
  } catch (error) {
    if (!(error instanceof DanelawError) || error.code !== 'bad-config') throw error
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    throw new DanelawError('bad-config', error.message, { place: { file: path }, cause: error, ...hint })
  }
}

function readSender(text: string): string {
  const { needsUtf8, domain } = parseMailbox(text)
  if (!needsUtf8 && domain.kind === 'domain') return text
  throw new DanelawError('bad-mailbox', `'${text}' cannot send reports: it is no US-ASCII address at a domain`)
}

function readOrganization(text: string, name: string): string {
  if (text !== '' && text === printable(text)) return text
  throw new DanelawError('usage', 'not a name of an organization', { place: { option: name } })
}

function readDay(text: string, name: string): string {
  if (isDay(text)) return text
  throw new DanelawError('usage', `'${text}' is not a day`, { place: { option: name }, hint: 'write 2026-11-21' })
}

/** As sessions have it. */
function readDomain(text: string): string {
  return readName(text).toCanonicalString()
}

function readLabel(text: string, name: string): string {
  if (/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/.test(text) && text.length <= 253) return text
  throw new DanelawError('usage', `'${text}' is not a name`, { place: { option: name } })
}

function isMail(uri: string): boolean {
  return /^mailto:/i.test(uri)
}

/** Certificates in a file of authorities. */
const MANY = DANE_LIMITS.pkixAuthorities.value
const MOST_KEY_OCTETS = 65_536
