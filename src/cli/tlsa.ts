import { type Publishable, readPublishable } from '../dane/publish.ts'
import { readPem } from '../dane/pem.ts'
import { parseTlsaField, type TlsaField } from '../dane/tlsa-text.ts'
import { DanelawError } from '../errors.ts'
import { DANE_LIMITS } from '../limits.ts'
import { readName } from './argument-readers.ts'
import { defineCommand } from './command.ts'
import { connectionSettings, MAIL_OPTIONS } from './mail-options.ts'
import { list, optional, readChoice, readNumber, readPath, reader } from './option.ts'
import { progress, writeJson } from './output.ts'
import { paintFor } from './paint.ts'
import { readPemFile } from './pem-file.ts'
import { RESOLVING_OPTIONS, withResolver } from './resolving.ts'
import { compareHost } from './tlsa/compare.ts'
import { comparisonJson, comparisonText } from './tlsa/comparison-report.ts'
import { chooseRecords, recordsJson, recordsText } from './tlsa/records.ts'

const { port, 'connect-port': connectPort, ehlo } = MAIL_OPTIONS

export const tlsa = defineCommand({
  name: 'tlsa',
  description:
    'Makes the TLSA records to publish for certificates, requests and public keys; or, with --check, compares what is published for a host with what the host shows at every address (RFC 7671 sections 5 and 8). With a file and --check the file is what comes next, and must have its record before it is put to use.',
  args: [
    {
      name: 'CERT.pem',
      required: false,
      help: 'PEM file: a certificate or a chain, the leaf first; certificate requests; public keys',
    },
  ],
  servers: true,
  options: {
    usage: optional(
      'N',
      readField('certificate usage'),
      'certificate usage: 3 or DANE-EE (default), 2 or DANE-TA; 0 and 1 are of no use for mail',
    ),
    selector: optional('N', readField('selector'), 'selector: 1 or SPKI (default), 0 or Cert'),
    'matching-type': optional(
      'N',
      readField('matching type'),
      'matching type: 1 or SHA2-256 (default), 2 or SHA2-512, 0 or Full',
    ),
    next: list('FILE', readPath, 'PEM file of a certificate, request or public key that comes next'),
    host: optional('HOST', reader(readName), 'the TLSA base domain, for whole lines of a zone file'),
    check: optional('HOST', reader(readName), 'compare what is published for this host with what it shows'),
    days: optional(
      'N',
      readNumber(0, 3650),
      'with --check: warn of certificates that end within so many days; default: 21',
    ),
    sni: list('NAME', reader(readName), 'with --check: ask for this name too, besides the TLSA base domain'),
    protocol: optional(
      'PROTOCOL',
      readChoice('smtp', 'tls'),
      'with --check: smtp for STARTTLS in SMTP (default), tls for TLS from the first octet on (default for ports that have it, as 443, 465, 853, 993 and 995)',
    ),
    port,
    'connect-port': connectPort,
    ehlo,
    ...RESOLVING_OPTIONS,
  },
  statuses: [
    [0, 'records written; with --check: every address is authenticated by the published records'],
    [2, 'with --check: authenticated, and there is a warning'],
    [3, 'with --check: not authenticated somewhere, no usable record, or a lookup failed'],
    [4, 'with --check: no address, or no connection to any'],
  ],
  examples: [
    'danelaw tlsa chain.pem --host mx.example.com',
    'danelaw tlsa chain.pem --next next.csr --host mx.example.com',
    'danelaw tlsa --check mx.example.com --days 30',
    'danelaw tlsa next.pem --check mx.example.com',
    'danelaw tlsa --check imap.example.com --port 993',
  ],
  async run(input, io) {
    const { args, options } = input
    const parameters = [options.usage ?? 3, options.selector ?? 1, options['matching-type'] ?? 1] as const
    const given = args[0] === undefined ? [] : readPublishables(args[0])
    const next = options.next.flatMap(readPublishables)
    if (options.check === undefined) {
      const idle = (['days', 'protocol', 'sni'] as const).find((name) =>
        name === 'sni' ? options.sni.length > 0 : options[name] !== undefined,
      )
      if (idle !== undefined) throw new DanelawError('usage', `--${idle} goes with --check`)
      if (given.length + next.length === 0) {
        throw new DanelawError('usage', 'neither CERT.pem nor --check is given', { hint: 'see danelaw tlsa --help' })
      }
      const records = chooseRecords([given, next], parameters)
      const { host, port } = options
      if (options.json) writeJson(io, recordsJson(records, host, port))
      else io.stdout.write(recordsText(records, host, port))
      return 0
    }
    const host = options.check
    if (options.host !== undefined) throw new DanelawError('usage', '--host and --check exclude each other')
    const wanted = given.length + next.length === 0 ? [] : chooseRecords([given, next], parameters)
    return await withResolver(input, io, async ({ resolver, now }) => {
      progress(io, `connecting to ${host}`)
      const comparison = await compareHost(resolver, host, {
        port: options.port,
        protocol: options.protocol,
        names: options.sni,
        days: options.days ?? 21,
        wanted,
        connection: { ...connectionSettings(options), at: now, signal: io.signal },
        now,
      })
      io.signal.throwIfAborted()
      if (options.json) writeJson(io, comparisonJson(comparison))
      else io.stdout.write(comparisonText(comparison, paintFor(io.stdout, io.env)))
      return STATUSES[comparison.verdict]
    })
  },
})

const STATUSES = { match: 0, warnings: 2, mismatch: 3, unreachable: 4 } as const

function readField(field: TlsaField) {
  return reader((text: string) => parseTlsaField(text, field))
}

function readPublishables(path: string): Publishable[] {
  const blocks = readPemFile(path, DANE_LIMITS.certificates.value, (text, file) =>
    readPem(text, file, ['certificate', 'certificate request', 'public key']),
  )
  return blocks.map((block) => {
    try {
      return readPublishable(block)
    } catch (error) {
      if (!(error instanceof DanelawError) || error.code !== 'bad-certificate') throw error
      const message = `the ${block.kind} cannot be used: ${error.message}`
      throw new DanelawError('bad-certificate', message, { place: { file: path, line: block.line }, cause: error })
    }
  })
}
