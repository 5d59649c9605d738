import { describe, expect, test } from 'vitest'
import { inSrvOrder } from '../../src/dane/srv.ts'
import { discoverSubmission } from '../../src/dane/submission.ts'
import { Name } from '../../src/wire/name.ts'
import { bogus, indeterminate, insecure, nxdomain, type Scripted, ScriptedLookup, secure } from './scripted.ts'

const TLS = '_submissions._tcp.example.com SRV'
const STARTTLS = '_submission._tcp.example.com SRV'
const DIGEST = '3 1 1 '.padEnd(70, 'ab')
const UNUSABLE = '1 1 1 '.padEnd(70, 'ab')

const host = (name: string, status: 'secure' | 'insecure' = 'secure'): Record<string, Scripted> => ({
  [`${name} A`]: status === 'secure' ? secure('192.0.2.1') : insecure('192.0.2.1'),
  [`${name} AAAA`]: status === 'secure' ? secure() : insecure(),
})

/** What matters of a result, in short. */
async function found(table: Record<string, Scripted>) {
  const lookup = new ScriptedLookup({ [TLS]: nxdomain('secure'), [STARTTLS]: nxdomain('secure'), ...table })
  const { hosts, none } = await discoverSubmission(lookup, 'example.com', { random: () => 0 })
  return {
    none: none?.kind ?? null,
    hosts: hosts.map((each) => ({
      host: String(each.host),
      port: each.port,
      level: each.level,
      implicit: each.implicitTls ?? false,
      names: 'referenceIdentifiers' in each ? each.referenceIdentifiers.map(String) : null,
    })),
    asked: lookup.asked.slice(2),
  }
}

describe('secure SRV records', () => {
  test('lead to TLSA records of the server at its port; it may go by its own name and the domain (RFC 7673)', async () => {
    const result = await found({
      [TLS]: secure('0 0 465 mail.example.net.'),
      ...host('mail.example.net'),
      '_465._tcp.mail.example.net TLSA': secure(DIGEST),
    })
    expect(result).toEqual({
      none: null,
      hosts: [
        {
          host: 'mail.example.net.',
          port: 465,
          level: 'dane',
          implicit: true,
          names: ['mail.example.net.', 'example.com.'],
        },
      ],
      asked: ['mail.example.net A', 'mail.example.net AAAA', '_465._tcp.mail.example.net TLSA'],
    })
  })

  test('without TLSA records leave authorities to prove either name', async () => {
    const { hosts } = await found({
      [STARTTLS]: secure('0 0 587 mail.example.net.'),
      ...host('mail.example.net'),
      '_587._tcp.mail.example.net TLSA': nxdomain('secure'),
    })
    expect(hosts).toMatchObject([
      { level: 'pkix', implicit: false, names: ['mail.example.net.', 'example.com.'], port: 587 },
    ])
  })

  test.each([
    ['none of the TLSA records is usable', secure(UNUSABLE)],
    ['the TLSA records are insecure', insecure(DIGEST)],
  ])('where %s, authorities prove it', async (_, tlsa) => {
    const { hosts } = await found({
      [STARTTLS]: secure('0 0 587 mail.example.com.'),
      ...host('mail.example.com'),
      '_587._tcp.mail.example.com TLSA': tlsa,
    })
    expect(hosts).toMatchObject([{ level: 'pkix', names: ['mail.example.com.', 'example.com.'] }])
  })

  test('to a server whose addresses are insecure ask for no TLSA records', async () => {
    const { hosts, asked } = await found({
      [TLS]: secure('0 0 465 mail.example.net.'),
      ...host('mail.example.net', 'insecure'),
    })
    expect(hosts).toMatchObject([{ level: 'pkix', names: ['mail.example.net.', 'example.com.'] }])
    expect(asked).toHaveLength(2)
  })

  test('to the domain itself name it once', async () => {
    const { hosts } = await found({
      [TLS]: secure('0 0 465 example.com.'),
      ...host('example.com'),
      '_465._tcp.example.com TLSA': secure(),
    })
    expect(hosts).toMatchObject([{ names: ['example.com.'] }])
  })

  test.each([
    ['the TLSA lookup is bogus', { '_465._tcp.mail.example.com TLSA': bogus }],
    ['the TLSA lookup fails', { '_465._tcp.mail.example.com TLSA': indeterminate }],
    ['the address lookups are bogus', { 'mail.example.com A': bogus, 'mail.example.com AAAA': bogus }],
  ] as [string, Record<string, Scripted>][])('where %s, the server is not used', async (_, changes) => {
    const { hosts, none } = await found({
      [TLS]: secure('0 0 465 mail.example.com.'),
      ...host('mail.example.com'),
      ...changes,
    })
    expect({ none, hosts }).toMatchObject({ none: null, hosts: [{ level: 'defer' }] })
  })
})

describe('insecure SRV records, which anybody on the way can have written', () => {
  test('to a foreign host, TLSA records and all: it has to be the domain, by authorities', async () => {
    const result = await found({
      [TLS]: insecure('0 0 465 mail.attacker.example.'),
      ...host('mail.attacker.example'),
      '_465._tcp.mail.attacker.example TLSA': secure(DIGEST),
    })
    expect(result.hosts).toMatchObject([{ level: 'pkix', names: ['example.com.'], implicit: true }])
    // Nothing that a TLSA record could say would count.
    expect(result.asked).toEqual(['mail.attacker.example A', 'mail.attacker.example AAAA'])
  })

  test('through a secure alias are insecure', async () => {
    const { hosts } = await found({
      [TLS]: { status: 'insecure', data: ['0 0 465 mx.b.test.'], via: [['CNAME', 'secure', '_s._tcp.b.test.']] },
      ...host('mx.b.test'),
    })
    expect(hosts).toMatchObject([{ level: 'pkix', names: ['example.com.'] }])
  })

  test('to an alias ask for nothing but addresses', async () => {
    const { hosts, asked } = await found({
      [TLS]: insecure('0 0 465 a.example.'),
      'a.example A': { status: 'insecure', data: ['192.0.2.1'], via: [['CNAME', 'insecure', 'b.example.']] },
      'a.example AAAA': insecure(),
    })
    expect(hosts).toMatchObject([{ level: 'pkix', names: ['example.com.'] }])
    expect(asked).toHaveLength(2)
  })
})

describe('a lookup that failed ends the search', () => {
  test.each([
    ['the preferred service is lied about', { [TLS]: bogus, [STARTTLS]: secure('0 0 587 m.example.com.') }],
    ['the preferred service is not told', { [TLS]: indeterminate, [STARTTLS]: secure('0 0 587 m.example.com.') }],
    ['the other service is lied about', { [STARTTLS]: bogus }],
    ['a record is malformed', { [TLS]: { status: 'secure', data: ['\\# 000000'] } }],
  ] as [string, Record<string, Scripted>][])('%s', async (_, table) => {
    expect(await found(table)).toEqual({ none: 'lookup-failed', hosts: [], asked: [] })
  })

  test('but where servers that are preferred are known', async () => {
    const { hosts, none } = await found({
      [TLS]: insecure('0 0 465 m.example.com.'),
      [STARTTLS]: bogus,
      ...host('m.example.com', 'insecure'),
    })
    expect({ none, hosts }).toMatchObject({ none: null, hosts: [{ host: 'm.example.com.', implicit: true }] })
  })
})

describe('order', () => {
  test('TLS from the first octet comes before STARTTLS, whatever the priorities', async () => {
    const { hosts } = await found({
      [TLS]: secure('20 0 465 b.example.', '10 0 465 a.example.'),
      [STARTTLS]: secure('0 0 587 a.example.'),
      ...host('a.example', 'insecure'),
      ...host('b.example', 'insecure'),
    })
    expect(hosts.map(({ host: name, port }) => `${name}${port}`)).toEqual([
      'a.example.465',
      'b.example.465',
      'a.example.587',
    ])
  })

  const srv = (priority: number, weight: number, target: string) => ({
    priority,
    weight,
    port: 465,
    target: Name.parse(target),
  })
  const names = (draws: readonly number[], ...targets: ReturnType<typeof srv>[]): string => {
    const left = [...draws]
    return inSrvOrder(targets, () => left.shift()!)
      .map(({ target }) => String(target).slice(0, -1))
      .join('')
  }

  test('weights share out what is drawn (RFC 2782)', () => {
    const [a, b, c] = [srv(1, 10, 'a'), srv(1, 30, 'b'), srv(1, 60, 'c')]
    // Of 0 to 100: a up to 10, b up to 40, c the rest.
    expect(names([0, 0, 0], a, b, c)).toBe('abc')
    expect(names([10.5 / 101, 0, 0], a, b, c)).toBe('abc')
    expect(names([11.5 / 101, 0, 0], a, b, c)).toBe('bac')
    expect(names([40.5 / 101, 0, 0], a, b, c)).toBe('bac')
    expect(names([41.5 / 101, 0.999, 0], a, b, c)).toBe('cba')
    expect(names([0.999999, 0, 0], a, b, c)).toBe('cab')
  })

  test('weight 0 has a very small chance beside others, and an even one among its like', () => {
    expect(names([0, 0], srv(1, 5, 'a'), srv(1, 0, 'b'))).toBe('ba')
    expect(names([1.5 / 6, 0], srv(1, 5, 'a'), srv(1, 0, 'b'))).toBe('ab')
    expect(names([0.999, 0], srv(1, 0, 'a'), srv(1, 0, 'b'))).toBe('ab')
  })

  test('how often each is first follows the weights', () => {
    const counts = { a: 0, b: 0 }
    for (let at = 0; at < 1000; at++) {
      counts[names([at / 1000, 0], srv(1, 1, 'a'), srv(1, 3, 'b'))[0] as 'a' | 'b']++
    }
    // The draw has one value more than the weights: 2 and 3 of 5.
    expect(counts).toEqual({ a: 400, b: 600 })
  })

  test('priorities come first', () =>
    expect(names([0, 0, 0], srv(2, 9, 'b'), srv(1, 0, 'a'), srv(3, 1, 'c'))).toBe('abc'))
})

describe('nowhere', () => {
  test.each([
    ['no-service', {}],
    ['no-service', { [TLS]: secure(), [STARTTLS]: insecure() }],
    ['not-offered', { [TLS]: secure('0 0 0 .') }],
    ['not-offered', { [TLS]: secure('0 0 0 .'), [STARTTLS]: secure('0 0 0 .') }],
    ['not-offered', { [TLS]: secure('0 0 0 mail.example.com.') }],
    [
      'no-address',
      { [TLS]: secure('0 0 465 m.example.'), 'm.example A': nxdomain('secure'), 'm.example AAAA': nxdomain('secure') },
    ],
  ] as [string, Record<string, Scripted>][])('%s', async (kind, table) => {
    expect((await found(table)).none).toBe(kind)
  })

  test('one service that is not offered leaves the other; a dot beside servers means nothing', async () => {
    const { hosts } = await found({
      [TLS]: secure('0 0 0 .'),
      [STARTTLS]: secure('0 0 0 .', '1 0 587 m.example.'),
      ...host('m.example', 'insecure'),
    })
    expect(hosts).toMatchObject([{ host: 'm.example.', implicit: false }])
  })
})

describe('options', () => {
  const table = { [TLS]: secure('1 0 465 a.example.', '2 0 465 b.example.'), ...host('a.example', 'insecure') }

  test('so many hosts, the preferred ones, and one service alone', async () => {
    const lookup = new ScriptedLookup(table)
    const { hosts, services } = await discoverSubmission(lookup, Name.parse('example.com'), {
      maxHosts: 1,
      services: ['submissions'],
    })
    expect(hosts.map((each) => String(each.host))).toEqual(['a.example.'])
    expect(services).toMatchObject([{ service: 'submissions', found: 'targets', status: 'secure', reason: null }])
    expect(lookup.asked[0]).toBe(TLS)
    expect(lookup.asked).toHaveLength(3)
  })

  test.each([
    [{ services: [] }, 'services'],
    [{ services: ['smtp' as never] }, 'services'],
    [{ services: ['submission', 'submission'] as const }, 'services'],
    [{ maxHosts: 0 }, 'maxHosts'],
    [{ maxAddresses: 0 }, 'maxAddresses'],
    [{ addressOrder: 'random' as never }, 'addressOrder'],
  ])('%j is none', async (options, name) => {
    await expect(discoverSubmission(new ScriptedLookup(table), 'example.com', options)).rejects.toThrow(name)
  })
})
