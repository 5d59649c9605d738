import { readPemCertificates } from '../dane/pem.ts'
import { parseTlsaText } from '../dane/tlsa-text.ts'
import { type DaneVerdict, type TlsaVerdict, verifyDane } from '../dane/verify.ts'
import { DanelawError } from '../errors.ts'
import { DANE_LIMITS } from '../limits.ts'
import { toHex } from '../wire/presentation/encodings.ts'
import type { Tlsa } from '../wire/rdata/tlsa.ts'
import { readName } from './argument-readers.ts'
import { defineCommand } from './command.ts'
import { mandatory, mandatoryList, optional, reader, readPath } from './option.ts'
import { writeJson } from './output.ts'
import { type Paint, paintFor, printable } from './paint.ts'
import { readPemFile } from './pem-file.ts'
import { parseTime } from './time.ts'

export const verify = defineCommand({
  name: 'verify',
  description:
    'Checks a certificate chain against TLSA records, without any network: whether a server that shows this chain is authenticated under DANE (RFC 7671, RFC 7672). Where the records come from, and that they are secure, is for the caller to know.',
  args: [],
  servers: false,
  options: {
    chain: mandatory('PEM', readPath, 'file with the certificates as the server sent them, the leaf first'),
    tlsa: mandatoryList("'USAGE SELECTOR MTYPE HEX'", reader(parseTlsaText), 'a TLSA record'),
    name: mandatoryList(
      'HOST',
      reader(readName),
      'the TLSA base domain; further ones are reference identifiers besides it',
    ),
    pkix: optional(
      'FILE',
      readPath,
      'certificate authorities in PEM, which turn usages 0 and 1 on; without them those are unusable (RFC 7672 section 3.1.3)',
    ),
    at: optional('TIME', parseTime, 'the time to verify at: RFC 3339, YYYYMMDDHHmmSS, or Unix seconds; default: now'),
  },
  statuses: [
    [0, 'authenticated'],
    [1, 'not authenticated'],
  ],
  examples: [
    "danelaw verify --chain chain.pem --tlsa '3 1 1 8cb0…' --name mx.example.com",
    "danelaw verify --chain chain.pem --tlsa '1 0 1 5c1e…' --name example.com --pkix cas.pem",
  ],
  async run({ options }, io) {
    const { chain, tlsa, name, at, pkix } = options
    const certificates = readPemFile(chain, DANE_LIMITS.certificates.value, readPemCertificates)
    const authorities = pkix === undefined ? [] : readAuthorities(pkix)
    const limit = DANE_LIMITS.referenceIdentifiers.value
    if (name.length > limit)
      throw new DanelawError('usage', `--name is given ${name.length} times, where ${limit} is the limit`)
    const verdict = verifyDane(certificates, tlsa, name, {
      at: at ?? io.now(),
      ...(pkix !== undefined && { pkix: { authorities } }),
    })
    if (options.json) writeJson(io, verdictJson(verdict))
    else io.stdout.write(verdictText(verdict, paintFor(io.stdout, io.env)))
    return verdict.authenticated ? 0 : 1
  },
})

function readAuthorities(path: string): Uint8Array[] {
  const limit = DANE_LIMITS.pkixAuthorities.value
  const authorities = readPemFile(path, limit, readPemCertificates)
  if (authorities.length <= limit) return authorities
  throw new DanelawError('bad-certificate', `holds ${authorities.length} certificates, where ${limit} is the limit`, {
    place: { file: path },
  })
}

function verdictJson({ authenticated, matched, name, reason, records }: DaneVerdict) {
  return {
    authenticated,
    matched: matched === null ? null : { ...tlsaJson(matched), depth: matched.depth },
    name,
    reason,
    records: records.map((record) => ({ ...tlsaJson(record), usable: record.usable, why: record.why })),
  }
}

function tlsaJson({ usage, selector, matchingType, data }: Tlsa) {
  return { usage, selector, matchingType, data: toHex(data) }
}

function verdictText(verdict: DaneVerdict, paint: Paint): string {
  const lines = verdict.authenticated
    ? [`${paint.good('authenticated')}  ${verdict.name ?? ''}`.trimEnd()]
    : [`${paint.bad('not authenticated')}  ${printable(verdict.reason.text)}`]
  if (verdict.matched !== null) {
    const { depth } = verdict.matched
    lines.push(`by ${tlsaText(verdict.matched)}, ${depth === 0 ? 'which is the leaf' : `${depth} above the leaf`}`)
  }
  lines.push('', paint.strong('TLSA records'), ...verdict.records.map((record) => `  ${recordText(record, paint)}`))
  return `${lines.join('\n')}\n`
}

function recordText(record: TlsaVerdict, paint: Paint): string {
  const state = record.matched ? paint.good('matches') : record.usable ? 'usable' : paint.fair('not usable')
  const why = record.why === null ? '' : `: ${printable(record.why)}`
  return `${tlsaText(record)}  ${state}${why}`
}

function tlsaText({ usage, selector, matchingType, data }: Tlsa): string {
  return `${usage} ${selector} ${matchingType} ${toHex(data)}`
}
