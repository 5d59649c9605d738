import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { writeTxt } from '../../../src/wire/rdata/text.ts'
import { TlsReportJournal } from '../../../src/smtp/tlsrpt/journal.ts'
import {
  prepareTlsReports,
  sendTlsReports,
  type TlsReportOptions,
  type TlsReportRun,
} from '../../../src/smtp/tlsrpt/send-reports.ts'
import type { TlsSession } from '../../../src/smtp/tls-session.ts'
import { bogus, insecure, type Scripted, ScriptedLookup, secure } from '../../dane/scripted.ts'
import type { MailServer } from '../../lab/mail-server.ts'
import { mailServer, matchingTlsa } from '../hosts.ts'
import { faults } from './schema.ts'
import { directory, failed, session } from './sessions.ts'
import { sink } from './sink.ts'

const DAY = '2026-11-21'
const REPORTS = 'reports.example'
const HOURS = 3_600_000
/** The day after, at four. */
const MORNING = new Date('2026-11-22T04:00:00Z').getTime()

function counted(sessions: readonly TlsSession[], day = DAY, folder = directory()): string {
  const { record } = new TlsReportJournal(folder, { now: () => new Date(`${day}T12:00:00Z`) })
  for (const each of sessions) record(each)
  return folder
}

function txt(...texts: string[]): Scripted {
  const data = texts.map((text) => {
    const strings = [...text.matchAll(/.{1,255}/g)].map(([part]) => new TextEncoder().encode(part))
    return `\\# ${Buffer.from(writeTxt(strings)).toString('hex')}`
  })
  return { status: 'secure', data }
}

const asking = (...uris: string[]) => ({ '_smtp._tls.example.com TXT': txt(`v=TLSRPTv1; rua=${uris.join(',')}`) })
const WEB = { [`${REPORTS} A`]: insecure('127.0.0.1'), [`${REPORTS} AAAA`]: insecure() }

/** Where reports by mail go: one host with these TLSA records. */
async function mailHost(tlsa?: Scripted): Promise<Record<string, Scripted>> {
  const { usage, selector, matchingType, data } = await matchingTlsa()
  const record = `${usage} ${selector} ${matchingType} ${Buffer.from(data).toString('hex')}`
  return {
    'mail.example MX': secure('10 mx.mail.example'),
    'mx.mail.example A': secure('127.0.0.1'),
    'mx.mail.example AAAA': secure(),
    '_25._tcp.mx.mail.example TLSA': tlsa ?? secure(record),
  }
}

async function run(
  folder: string,
  names: Record<string, Scripted>,
  more: Partial<TlsReportOptions> = {},
  at = MORNING,
): Promise<TlsReportRun> {
  return await sendTlsReports({
    directory: folder,
    resolver: new ScriptedLookup(names),
    from: 'tls@sender.example',
    now: () => new Date(at),
    allowPrivate: true,
    ...more,
  })
}

const outcomes = ({ reports }: TlsReportRun) =>
  reports.map(({ domain, outcome, addresses }) => [domain, outcome, ...addresses.map((address) => address.outcome)])

describe('by HTTPS', () => {
  test('one POST of the compressed report; a second run sends nothing', async () => {
    const { port, ca, posts } = await sink(REPORTS)
    const folder = counted([session(), failed()])
    const names = { ...WEB, ...asking(`https://${REPORTS}:${port}/v1?x=1`) }
    const first = await run(folder, names, { ca })
    expect(outcomes(first)).toEqual([['example.com', 'sent', 'sent']])
    expect(posts).toHaveLength(1)
    const [{ method, path, headers, body }] = posts as [(typeof posts)[0]]
    expect({ method, path }).toEqual({ method: 'POST', path: '/v1?x=1' })
    expect(headers).toMatchObject({ 'content-type': 'application/tlsrpt+gzip', host: `${REPORTS}:${port}` })
    const report = JSON.parse(gunzipSync(body).toString())
    expect(faults(report)).toEqual([])
    expect(report).toEqual(first.reports[0]!.report.report)

    expect(await run(folder, names, { ca })).toEqual({ reports: [], gaps: [], removed: [] })
    expect(posts).toHaveLength(1)
  })

  test.each([
    [
      'a redirection is not followed',
      { status: 302, headers: { location: `https://${REPORTS}/` } },
      /302, which is not/,
    ],
    ['a no', { status: 500 }, /500/],
    ['hangs up', 'hang-up', /socket hang up|ECONNRESET/],
  ] as const)('%s: failed', async (_, answer, text) => {
    const { port, ca, posts } = await sink(REPORTS, answer)
    const result = await run(counted([session()]), { ...WEB, ...asking(`https://${REPORTS}:${port}/`) }, { ca })
    expect(result.reports[0]!.addresses).toEqual([
      { uri: expect.any(String), outcome: 'failed', text: expect.stringMatching(text) },
    ])
    expect(posts).toHaveLength(1)
  })

  test('a reply without end is not waited for', async () => {
    const { port, ca } = await sink(REPORTS, 'endless')
    const result = await run(counted([session()]), { ...WEB, ...asking(`https://${REPORTS}:${port}/`) }, { ca })
    expect(outcomes(result)).toEqual([['example.com', 'sent', 'sent']])
  })

  test('a server that the authorities do not know, or for another name, gets nothing', async () => {
    const { port, ca, posts } = await sink('other.example')
    const names = { ...WEB, ...asking(`https://${REPORTS}:${port}/`) }
    for (const more of [{}, { ca }]) {
      const result = await run(counted([session()]), names, more)
      expect(outcomes(result)).toEqual([['example.com', 'failed', 'failed']])
    }
    expect(posts).toEqual([])
  })

  test.each([
    ['127.0.0.1', '::1'],
    ['10.1.2.3', 'fd00::1'],
    ['169.254.169.254', 'fe80::1'],
    ['100.64.0.1', '::ffff:10.0.0.1'],
  ])('hosts of our own network get nothing: %s, %s', async (ipv4, ipv6) => {
    const { port, ca, posts } = await sink(REPORTS)
    const names = {
      [`${REPORTS} A`]: insecure(ipv4),
      [`${REPORTS} AAAA`]: insecure(ipv6),
      ...asking(`https://${REPORTS}:${port}/,https://localhost:${port}/`),
    }
    const result = await run(counted([session()]), names, { ca, allowPrivate: false })
    for (const { outcome, text } of result.reports[0]!.addresses) {
      expect({ outcome, text }).toEqual({ outcome: 'failed', text: expect.stringMatching(/has no public address/) })
    }
    expect(posts).toEqual([])
  })
})

describe('by mail', () => {
  const ASKING = asking('mailto:reports@mail.example')
  const send = async (server: MailServer, tlsa?: Scripted, more: Partial<TlsReportOptions> = {}) => {
    const names = { ...(await mailHost(tlsa)), ...ASKING }
    const connection = { connectPort: server.port, ehloName: 'sender.example' }
    return await run(counted([failed()]), names, { connection, ...more })
  }

  test('over TLS that is authenticated, where that is to be had', async () => {
    const server = await mailServer({ host: 'mx.mail.example' })
    expect(outcomes(await send(server))).toEqual([['example.com', 'sent', 'sent']])
    const [{ from, to, data, tls }] = server.messages as [(typeof server.messages)[0]]
    expect([from, ...to]).toEqual([expect.stringContaining('<tls@sender.example>'), 'RCPT TO:<reports@mail.example>'])
    expect(tls).not.toBeNull()
    expect(data.toString()).toContain('\r\nTLS-Report-Domain: example.com\r\n')
  })

  test.each([
    ['a certificate that fits no record', {}, secure(`3 1 1 ${'00'.repeat(32)}`), true],
    ['no STARTTLS', { starttls: 'hidden' }, undefined, false],
    ['a bogus TLSA lookup', {}, bogus, true],
  ] as const)('%s: delivered all the same (RFC 8460 section 3)', async (_, behaviour, tlsa, encrypted) => {
    const server = await mailServer(behaviour)
    expect(outcomes(await send(server, tlsa))).toEqual([['example.com', 'sent', 'sent']])
    expect(server.messages.map(({ tls }) => tls !== null)).toEqual([encrypted])
  })

  test('refused for good: not tried again', async () => {
    const server = await mailServer({ script: ({ verb }) => (verb === 'RCPT' ? '550 5.1.1 Unknown' : undefined) })
    const folder = counted([session()])
    const names = { ...(await mailHost()), ...ASKING }
    const connection = { connectPort: server.port }
    const result = await run(folder, names, { connection })
    expect(result.reports[0]).toMatchObject({
      outcome: 'over',
      addresses: [{ text: 'mx.mail.example: 550 5.1.1 Unknown' }],
    })
    expect((await run(folder, names, { connection }, MORNING + 2 * HOURS)).reports).toEqual([])
    expect(server.sessions).toHaveLength(1)
  })
})

describe('what is due', () => {
  test('days that are over alone, each once, in order', async () => {
    const { port, ca, posts } = await sink(REPORTS)
    const folder = counted([session()], '2026-11-22')
    counted([session()], '2026-11-21', folder)
    counted([session()], '2026-11-20', folder)
    const names = { ...WEB, ...asking(`https://${REPORTS}:${port}/`) }
    const at = (text: string) => run(folder, names, { ca }, Date.parse(text))
    expect((await at('2026-11-22T23:59:59.999Z')).reports.map(({ day }) => day)).toEqual(['2026-11-20', '2026-11-21'])
    expect((await at('2026-11-22T23:59:59.999Z')).reports).toEqual([])
    expect((await at('2026-11-23T00:00:00Z')).reports.map(({ day }) => day)).toEqual(['2026-11-22'])
    expect(posts).toHaveLength(3)
  })

  test('failures are tried again, ever later, for 24 hours', async () => {
    const { port, ca, posts } = await sink(REPORTS, { status: 503 })
    const folder = counted([session()])
    const names = { ...WEB, ...asking(`https://${REPORTS}:${port}/`) }
    const at = async (hours: number) => outcomes(await run(folder, names, { ca }, MORNING + hours * HOURS))
    expect(await at(0)).toEqual([['example.com', 'failed', 'failed']])
    expect(await at(0.2)).toEqual([['example.com', 'waiting', 'waiting']])
    expect(await at(0.25)).toEqual([['example.com', 'failed', 'failed']])
    expect(await at(0.7)).toEqual([['example.com', 'waiting', 'waiting']])
    expect(await at(0.75)).toEqual([['example.com', 'failed', 'failed']])
    expect(await at(24)).toEqual([['example.com', 'over', 'over']])
    expect(await at(25)).toEqual([])
    expect(posts).toHaveLength(4)
  })

  test('of two addresses only the one that failed is tried again', async () => {
    const good = await sink(REPORTS)
    const bad = await sink(REPORTS, { status: 503 })
    const folder = counted([session()])
    const names = {
      ...WEB,
      ...asking(`https://${REPORTS}:${good.port}/`, `https://${REPORTS}:${bad.port}/`, 'javascript:alert(1)'),
    }
    const at = async (hours: number) => outcomes(await run(folder, names, { ca: good.ca }, MORNING + hours * HOURS))
    expect(await at(0)).toEqual([['example.com', 'failed', 'sent', 'failed', 'refused']])
    expect(await at(1)).toEqual([['example.com', 'failed', 'sent', 'failed', 'refused']])
    expect([good.posts.length, bad.posts.length]).toEqual([1, 2])
  })

  test('a lookup that fails or is bogus: nothing is sent, and it is asked again', async () => {
    const folder = counted([session()])
    const names = { '_smtp._tls.example.com TXT': bogus }
    const first = await run(folder, names)
    expect(first.reports[0]).toMatchObject({ outcome: 'failed', text: /^where its reports go cannot be found out: / })
    expect(outcomes(await run(folder, names))).toEqual([['example.com', 'waiting']])
    expect(outcomes(await run(folder, names, {}, MORNING + 24 * HOURS))).toEqual([['example.com', 'over']])
  })

  test('a domain that asks for none is not asked again', async () => {
    const folder = counted([session()])
    expect(outcomes(await run(folder, { '_smtp._tls.example.com TXT': secure() }))).toEqual([
      ['example.com', 'unwanted'],
    ])
    expect(await run(folder, {})).toMatchObject({ reports: [] })
  })

  test('one domain and one day by choice; the others stay', async () => {
    const folder = counted([session(), session({ domain: 'example.net.' })])
    counted([session()], '2026-11-20', folder)
    const names = { '_smtp._tls.example.com TXT': secure(), '_smtp._tls.example.net TXT': secure() }
    expect(outcomes(await run(folder, names, { domain: 'example.net.', day: DAY }))).toEqual([
      ['example.net', 'unwanted'],
    ])
    expect((await run(folder, names)).reports.map(({ day, domain }) => `${day} ${domain}`)).toEqual([
      '2026-11-20 example.com',
      '2026-11-21 example.com',
    ])
  })

  test('a dry run says what is due, and writes nothing', async () => {
    const folder = counted([session()])
    const before = readdirSync(folder)
    expect(outcomes(await run(folder, asking('mailto:a@example.com'), { dryRun: true }))).toEqual([
      ['example.com', 'due', 'due'],
    ])
    expect(readdirSync(folder)).toEqual(before)
  })

  test('files are kept for 14 days', async () => {
    const folder = counted([session()], '2026-11-07')
    counted([session()], '2026-11-08', folder)
    const result = await run(folder, { '_smtp._tls.example.com TXT': secure() })
    expect(result.removed).toEqual(['2026-11-07'])
    expect(readdirSync(folder).filter((name) => name.startsWith('2026-11-07'))).toEqual([])
  })
})

describe('trouble', () => {
  test('damaged lines are told; the rest is reported', async () => {
    const folder = counted([session()])
    appendFileSync(join(folder, `${DAY}.sessions.jsonl`), '{"time":"2026-11')
    const result = await run(folder, { '_smtp._tls.example.com TXT': secure() })
    expect(result.gaps).toEqual([{ day: DAY, damaged: 1, left: 0 }])
    expect(result.reports).toHaveLength(1)
  })

  test('damaged notes count as no note', async () => {
    const folder = counted([session()])
    writeFileSync(join(folder, `${DAY}.reports.jsonl`), 'x\n{}\n[]\n{"time":"x","domain":null}\nnull\n')
    expect((await run(folder, { '_smtp._tls.example.com TXT': secure() })).reports).toHaveLength(1)
  })

  test('two runs at once do not send twice', async () => {
    const { port, ca, posts } = await sink(REPORTS)
    const folder = counted([session()])
    const names = { ...WEB, ...asking(`https://${REPORTS}:${port}/`) }
    await Promise.all([run(folder, names, { ca }), run(folder, names, { ca })])
    expect(posts).toHaveLength(1)
  })

  test('called off: rejects, and counts as no try', async () => {
    const folder = counted([session()])
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    await expect(run(folder, {}, { signal: controller.signal })).rejects.toThrow('enough')
    expect(readdirSync(folder).filter((name) => name.includes('.reports'))).toEqual([])
  })

  test("what a caller gets wrong is told by its option's name", async () => {
    const folder = counted([session()])
    await expect(run(folder, {}, { day: '2026-02-30' })).rejects.toThrow(/^day: /)
    await expect(run(folder, {}, { from: 'x' })).rejects.toMatchObject({ code: 'bad-mailbox' })
    await expect(run(folder, {}, { from: 'ä@sender.example' })).rejects.toMatchObject({ code: 'bad-mailbox' })
    await expect(run(folder, {}, { contact: 'a@[192.0.2.1]' })).rejects.toMatchObject({ code: 'bad-mailbox' })
    await expect(run(`${folder}-absent`, {})).rejects.toMatchObject({ code: 'file' })
  })
})

test('reports without sending: the same as are sent', async () => {
  const folder = counted([session(), session({ domain: 'example.net.' })])
  const options = { directory: folder, from: 'tls@sender.example', now: () => new Date(MORNING) }
  const all = [...prepareTlsReports(options)]
  expect(all.map(({ domain }) => domain)).toEqual(['example.com', 'example.net'])
  const { reports } = await run(folder, { ...asking('mailto:a@b.example') }, { dryRun: true, domain: 'example.com.' })
  expect(reports[0]!.report.report).toEqual(all[0]!.report)
  expect([...prepareTlsReports({ ...options, domain: 'example.net.' })]).toEqual([all[1]])
  expect(readFileSync(join(folder, 'instance'), 'utf8')).toMatch(/^[0-9a-f]{16}\n$/)
})
