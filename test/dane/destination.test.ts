import { describe, expect, it } from 'vitest'
import { type DiscoverOptions, discover } from '../../src/dane/destination.ts'
import type { Destination, HostPolicy } from '../../src/dane/policy.ts'
import { DanelawError } from '../../src/errors.ts'
import { Name } from '../../src/wire/name.ts'
import { bogus, indeterminate, insecure, nxdomain, type Scripted, ScriptedLookup, secure } from './scripted.ts'

const DIGEST = 'ab'.repeat(32)
const TLSA = `3 1 1 ${DIGEST}`
/** A host in a signed zone with one address and one TLSA record. */
const host = (name: string, tlsa: Scripted = secure(TLSA)) => ({
  [`${name} A`]: secure('192.0.2.1'),
  [`${name} AAAA`]: secure(),
  [`_25._tcp.${name} TLSA`]: tlsa,
})

async function find(table: Record<string, Scripted>, next = 'example.com', options: DiscoverOptions = {}) {
  const lookup = new ScriptedLookup(table)
  const destination = await discover(lookup, next, { random: () => 0, ...options })
  return { destination, asked: lookup.asked, ...summary(destination) }
}

function summary(destination: Destination) {
  const names = destination.hosts.map(({ host }) => host.toCanonicalString())
  return { names, levels: destination.hosts.map(({ level }) => level), first: destination.hosts[0] as HostPolicy }
}

const text = (names: readonly Name[]) => names.map(String)

function only<L extends HostPolicy['level']>(policy: HostPolicy, level: L): Extract<HostPolicy, { level: L }> {
  expect(policy.level).toBe(level)
  return policy as Extract<HostPolicy, { level: L }>
}

describe('row 1: addresses', () => {
  it.each([
    ['[192.0.2.7]', '192.0.2.7', 25],
    ['[IPv6:2001:DB8::7]', '2001:db8::7', 25],
    ['[2001:db8::7]:2525', '2001:db8::7', 2525],
  ])('%s is used without any lookup, and DANE does not apply', async (next, address, port) => {
    const { destination, asked, first } = await find({}, next)
    expect(asked).toEqual([])
    expect(destination.via).toBe('address-literal')
    expect(destination.mx.status).toBe('insecure')
    const may = only(first, 'may')
    expect(may).toMatchObject({ addresses: [address], port, mxSecure: false, tlsaBase: null, tlsa: [] })
    expect(may.why).toContain('DANE does not apply')
  })

  it.each(['192.0.2.7.', '2001:db8::7.'])('an MX target that spells %s', async (target) => {
    const { asked, first } = await find({ 'example.com MX': secure(`10 ${target}`) })
    expect(asked).toEqual(['example.com MX'])
    expect(only(first, 'may').addresses).toEqual([target.slice(0, -1)])
  })
})

describe('row 2: a configured relay', () => {
  it.each([
    ['[mx.example.net]', {}, 25],
    ['mx.example.net', { mx: false }, 25],
    ['[mx.example.net]:587', {}, 587],
    ['[mx.example.net]', { port: 465 }, 465],
  ] as const)('%s with %o: no MX lookup, its own port in the TLSA owner', async (next, options, port) => {
    const { destination, asked, first } = await find(
      { ...host('mx.example.net'), [`_${port}._tcp.mx.example.net TLSA`]: secure(TLSA) },
      next,
      options,
    )
    expect(asked).toEqual(['mx.example.net A', 'mx.example.net AAAA', `_${port}._tcp.mx.example.net TLSA`])
    expect(destination).toMatchObject({ via: 'relay', mx: { status: 'secure', rcode: 0, reason: null }, none: null })
    const dane = only(first, 'dane')
    expect(dane).toMatchObject({ port, mxSecure: true, preference: null })
    expect(text(dane.referenceIdentifiers)).toEqual(['mx.example.net.'])
  })

  it('an aliased relay may go by its own name and by that of the TLSA records', async () => {
    const via = [['CNAME', 'secure', 'real.example.org']] as const
    const { first } = await find(
      {
        'relay.example.net A': { ...secure('192.0.2.1'), via },
        'relay.example.net AAAA': { ...secure(), via },
        '_25._tcp.real.example.org TLSA': secure(TLSA),
      },
      '[relay.example.net]',
    )
    expect(text(only(first, 'dane').referenceIdentifiers)).toEqual(['real.example.org.', 'relay.example.net.'])
  })
})

describe('row 3: the MX lookup failed', () => {
  it.each([
    ['bogus', bogus],
    ['indeterminate', indeterminate],
    ['no RCODE of an answer', { status: 'insecure', rcode: 5 }],
    ['malformed', { status: 'secure', data: ['\\# 00'] }],
  ] as const)('%s: deferred, and the addresses of the domain are not asked', async (_, answer) => {
    const { destination, asked } = await find({ 'example.com MX': answer })
    expect(asked).toEqual(['example.com MX'])
    expect(destination.hosts).toEqual([])
    expect(destination.none).toMatchObject({ kind: 'mx-failed', permanent: false, code: 451, enhanced: '4.4.3' })
    expect(destination.mx.status).toBe(answer.status === 'bogus' ? 'bogus' : 'indeterminate')
    expect(destination.mx.reason).not.toBeNull()
  })
})

it('row 4: an MX without applicable trust anchor counts as insecure', async () => {
  const mx = { ...insecure('10 mx.example.com'), code: 'no-trust-anchor' } as const
  const { destination, first } = await find({ 'example.com MX': mx, ...host('mx.example.com') })
  expect(destination.mx).toMatchObject({ status: 'insecure', reason: { code: 'no-trust-anchor' } })
  expect(only(first, 'dane').mxSecure).toBe(false)
})

describe('row 5: the MX name is an alias', () => {
  it('the reference identifiers are the TLSA base, the name as asked and the name it leads to', async () => {
    const mx = { ...secure('10 mx.example.org'), via: [['CNAME', 'secure', 'Example.NET']] } as const
    const { destination, first } = await find({ 'example.com MX': mx, ...host('mx.example.org') })
    expect(destination.domain.toString()).toBe('example.com.')
    expect(text(only(first, 'dane').referenceIdentifiers)).toEqual(['mx.example.org.', 'example.com.', 'Example.NET.'])
  })

  it('an insecure link makes the MX insecure', async () => {
    const mx = { ...insecure('10 mx.example.org'), via: [['CNAME', 'insecure', 'example.net']] } as const
    const { first } = await find({ 'example.com MX': mx, ...host('mx.example.org') })
    expect(only(first, 'dane').mxSecure).toBe(false)
    expect(text(only(first, 'dane').referenceIdentifiers)).toEqual(['mx.example.org.'])
  })

  it('without MX at its end, the name it leads to is the host', async () => {
    const mx = { ...secure(), via: [['CNAME', 'secure', 'www.example.net']] } as const
    const { destination, first } = await find({ 'example.com MX': mx, ...host('www.example.net') })
    expect(destination.via).toBe('implicit-mx')
    expect(first.host.toString()).toBe('www.example.net.')
    expect(text(only(first, 'dane').referenceIdentifiers)).toEqual(['www.example.net.', 'example.com.'])
  })
})

it.each(['secure', 'insecure'] as const)('row 6: NXDOMAIN of an MX, %s, is permanent', async (status) => {
  const { destination, asked } = await find({ 'example.com MX': nxdomain(status) })
  expect(asked).toEqual(['example.com MX'])
  expect(destination.none).toMatchObject({ kind: 'no-domain', permanent: true, code: 550, enhanced: '5.1.2' })
})

it.each([
  ['7', secure(), true],
  ['8', insecure(), false],
])('row %s: no MX records, so that the domain is its own host', async (_, mx, mxSecure) => {
  const { destination, first } = await find({ 'example.com MX': mx, ...host('example.com') })
  expect(destination).toMatchObject({ via: 'implicit-mx', none: null })
  const dane = only(first, 'dane')
  expect(dane).toMatchObject({ mxSecure, preference: null })
  expect(text(dane.referenceIdentifiers)).toEqual(['example.com.'])
})

describe('row 9: null MX', () => {
  it('alone', async () => {
    const { destination, asked } = await find({ 'example.com MX': secure('0 .') })
    expect(asked).toEqual(['example.com MX'])
    expect(destination.none).toMatchObject({ kind: 'null-mx', permanent: true, code: 556, enhanced: '5.1.10' })
  })

  it('beside others it names no host', async () => {
    const { names, destination } = await find({
      'example.com MX': secure('0 .', '10 mx.example.com'),
      ...host('mx.example.com'),
    })
    expect(names).toEqual(['mx.example.com.'])
    expect(destination.none).toBeNull()
  })

  it('with another preference it is no host and no null MX', async () => {
    const { destination } = await find({ 'example.com MX': secure('10 .') })
    expect(destination.none).toMatchObject({ kind: 'no-address', permanent: false, enhanced: '4.4.4' })
  })
})

describe('row 10: hosts of a secure MX', () => {
  const three = {
    'example.com MX': secure('30 c.example.com', '10 a.example.com', '20 b.example.com'),
    ...host('a.example.com'),
    ...host('b.example.com'),
    ...host('c.example.com'),
  }

  it('in order of preference', async () => {
    const { names, destination } = await find(three)
    expect(names).toEqual(['a.example.com.', 'b.example.com.', 'c.example.com.'])
    expect(destination.hosts.map(({ preference }) => preference)).toEqual([10, 20, 30])
  })

  it('a better host without TLSA records stays in front of a worse one with them', async () => {
    const { names, levels } = await find({ ...three, '_25._tcp.a.example.com TLSA': secure() })
    expect(names[0]).toBe('a.example.com.')
    expect(levels).toEqual(['may', 'dane', 'dane'])
  })

  it('in random order inside one preference, never across', async () => {
    const equal = { ...three, 'example.com MX': secure('10 a.example.com', '10 b.example.com', '5 c.example.com') }
    const up = await find(equal, 'example.com', { random: numbers(0.1, 0.2, 0.9) })
    const down = await find(equal, 'example.com', { random: numbers(0.9, 0.2, 0.1) })
    const [, ...upRest] = up.names
    const [, ...downRest] = down.names
    expect([up.names[0], down.names[0]]).toEqual(['c.example.com.', 'c.example.com.'])
    expect(upRest).toEqual([...downRest].reverse())
  })

  it.each(['b.example.com', 'B.Example.Com.', Name.parse('b.example.com')])(
    'this system as %s and everything not better are left out',
    async (self) => {
      const { names, asked } = await find(three, 'example.com', { self: [self] })
      expect(names).toEqual(['a.example.com.'])
      expect(asked).not.toContain('c.example.com A')
    },
  )

  it('hosts of the same preference as this system are left out', async () => {
    const { names } = await find(
      { ...three, 'example.com MX': secure('10 a.example.com', '20 b.example.com', '20 c.example.com') },
      'example.com',
      { self: ['b.example.com'] },
    )
    expect(names).toEqual(['a.example.com.'])
  })

  it('this system in front of all is a loop', async () => {
    const { destination, asked } = await find(three, 'example.com', { self: ['a.example.com'] })
    expect(asked).toEqual(['example.com MX'])
    expect(destination.none).toMatchObject({ kind: 'loop', permanent: true, enhanced: '5.4.6' })
  })

  it.each(['localhost', 'mx.localhost'])('%s is this system', async (name) => {
    const { names } = await find({
      'example.com MX': secure('10 a.example.com', `20 ${name}`, '30 c.example.com'),
      ...host('a.example.com'),
    })
    expect(names).toEqual(['a.example.com.'])
  })

  it('a host named twice counts once, under its better preference', async () => {
    const { destination } = await find({
      'example.com MX': secure('30 A.example.com', '10 a.example.com'),
      ...host('a.example.com'),
    })
    expect(destination.hosts.map(({ preference }) => preference)).toEqual([10])
  })

  it('at most so many hosts, the best ones', async () => {
    const { names } = await find(three, 'example.com', { maxHosts: 2 })
    expect(names).toEqual(['a.example.com.', 'b.example.com.'])
  })

  it('the lookups of all hosts start side by side', async () => {
    const { asked } = await find(three)
    expect(asked.slice(1, 7).map((question) => question.split(' ')[1])).toEqual(['A', 'AAAA', 'A', 'AAAA', 'A', 'AAAA'])
  })
})

describe('row 11: an insecure MX', () => {
  const table = { 'example.com MX': insecure('10 mx.example.com'), ...host('mx.example.com') }

  it('dane: authenticated all the same, under no name of the domain', async () => {
    const { first } = await find(table)
    const dane = only(first, 'dane')
    expect(dane.mxSecure).toBe(false)
    expect(text(dane.referenceIdentifiers)).toEqual(['mx.example.com.'])
  })

  it('encrypt: TLS without authentication', async () => {
    const { first } = await find(table, 'example.com', { insecureMx: 'encrypt' })
    expect(only(first, 'encrypt')).toMatchObject({ mxSecure: false, tlsaStatus: 'secure' })
  })

  it('may: no TLSA question', async () => {
    const { first, asked } = await find(table, 'example.com', { insecureMx: 'may' })
    expect(only(first, 'may')).toMatchObject({ mxSecure: false, tlsaBase: null })
    expect(asked).toEqual(['example.com MX', 'mx.example.com A', 'mx.example.com AAAA'])
  })

  it('the setting changes nothing under a secure MX', async () => {
    const signed = { ...table, 'example.com MX': secure('10 mx.example.com') }
    for (const insecureMx of ['may', 'encrypt'] as const) {
      expect((await find(signed, 'example.com', { insecureMx })).levels).toEqual(['dane'])
    }
  })
})

const mx = { 'example.com MX': secure('10 mx.example.com') }

describe('row 12: addresses before TLSA', () => {
  it('A and AAAA are asked before TLSA', async () => {
    const { asked } = await find({ ...mx, ...host('mx.example.com') })
    expect(asked).toEqual(['example.com MX', 'mx.example.com A', 'mx.example.com AAAA', '_25._tcp.mx.example.com TLSA'])
  })

  it.each([
    ['secure NODATA', secure(), 'secure'],
    ['insecure NXDOMAIN', nxdomain('insecure'), 'insecure'],
  ] as const)('both absent by %s: no host to connect to, and no TLSA question', async (_, answer, status) => {
    const { destination, first, asked } = await find({
      ...mx,
      'mx.example.com A': answer,
      'mx.example.com AAAA': answer,
    })
    expect(asked).toHaveLength(3)
    expect(only(first, 'may')).toMatchObject({ addresses: [], addressStatus: status })
    expect(destination.none).toMatchObject({ kind: 'no-address', permanent: false, enhanced: '4.4.4' })
  })

  it('the next host is still there', async () => {
    const { destination, levels } = await find({
      'example.com MX': secure('10 gone.example.com', '20 mx.example.com'),
      'gone.example.com A': nxdomain('secure'),
      'gone.example.com AAAA': nxdomain('secure'),
      ...host('mx.example.com'),
    })
    expect(levels).toEqual(['may', 'dane'])
    expect(destination.none).toBeNull()
  })
})

describe('row 13: one family failed', () => {
  it.each([bogus, indeterminate, secure('\\# c00002')])('A is %o: the other family goes on', async (a) => {
    const { first } = await find({
      ...mx,
      'mx.example.com A': a,
      'mx.example.com AAAA': secure('2001:db8::1'),
      '_25._tcp.mx.example.com TLSA': secure(TLSA),
    })
    expect(only(first, 'dane')).toMatchObject({ addresses: ['2001:db8::1'], addressStatus: 'secure' })
  })

  it.each([bogus, indeterminate])('A is %o and there is no AAAA: the host is not used', async (a) => {
    const { first, asked, destination } = await find({ ...mx, 'mx.example.com A': a, 'mx.example.com AAAA': secure() })
    expect(asked).toHaveLength(3)
    expect(only(first, 'defer')).toMatchObject({ addressStatus: a.status, addresses: [], tlsaBase: null })
    expect(destination.none).toBeNull()
  })

  it('both failed', async () => {
    const { first } = await find({ ...mx, 'mx.example.com A': secure(), 'mx.example.com AAAA': bogus })
    expect(only(first, 'defer').reason.code).toBe('signature-failed')
  })
})

it('row 14: insecure addresses and no alias: TLSA is not asked', async () => {
  const { first, asked } = await find({
    ...mx,
    'mx.example.com A': insecure('192.0.2.1'),
    'mx.example.com AAAA': insecure(),
  })
  expect(asked).toHaveLength(3)
  expect(only(first, 'may')).toMatchObject({
    addressStatus: 'insecure',
    tlsaBase: null,
    tlsaStatus: null,
    mxSecure: true,
  })
})

it('row 15: secure addresses and no alias: the candidate is the host', async () => {
  const { first } = await find({ ...mx, ...host('mx.example.com') })
  expect(only(first, 'dane').tlsaBase.toString()).toBe('mx.example.com.')
})

it('rows 14 and 15: one secure family is enough to ask, and the status shown is the weakest', async () => {
  const { first } = await find({
    ...mx,
    'mx.example.com A': secure('192.0.2.1'),
    'mx.example.com AAAA': insecure('2001:db8::1'),
    '_25._tcp.mx.example.com TLSA': secure(TLSA),
  })
  expect(only(first, 'dane').addressStatus).toBe('insecure')
})

describe('row 16: an alias, secure to the end', () => {
  const via = [
    ['CNAME', 'secure', 'between.example.net'],
    ['CNAME', 'secure', 'real.example.org'],
  ] as const
  const aliased = {
    ...mx,
    'mx.example.com A': { ...secure('192.0.2.1'), via },
    'mx.example.com AAAA': { ...secure(), via },
  }

  it('the final name comes first', async () => {
    const { first, asked } = await find({ ...aliased, '_25._tcp.real.example.org TLSA': secure(TLSA) })
    expect(only(first, 'dane').tlsaBase.toString()).toBe('real.example.org.')
    expect(asked.at(-1)).toBe('_25._tcp.real.example.org TLSA')
    expect(text(only(first, 'dane').referenceIdentifiers)).toEqual(['real.example.org.', 'example.com.'])
  })

  it('then the host, and never a name in between', async () => {
    const { first, asked } = await find({
      ...aliased,
      '_25._tcp.real.example.org TLSA': secure(),
      '_25._tcp.mx.example.com TLSA': secure(TLSA),
    })
    expect(asked.slice(3)).toEqual(['_25._tcp.real.example.org TLSA', '_25._tcp.mx.example.com TLSA'])
    expect(only(first, 'dane').tlsaBase.toString()).toBe('mx.example.com.')
  })
})

describe('rows 17 to 19: an alias with insecure addresses', () => {
  const via = [
    ['CNAME', 'secure', 'provider.example.net'],
    ['CNAME', 'insecure', 'node.example.net'],
  ] as const
  const aliased = {
    ...mx,
    'mx.example.com A': { ...insecure('192.0.2.1'), via },
    'mx.example.com AAAA': { ...insecure(), via },
  }

  it('row 17: the first alias is secure: the candidate is the host alone', async () => {
    const { first, asked } = await find({
      ...aliased,
      'mx.example.com CNAME': secure('provider.example.net'),
      '_25._tcp.mx.example.com TLSA': secure(TLSA),
    })
    expect(only(first, 'dane').tlsaBase.toString()).toBe('mx.example.com.')
    expect(asked.slice(3)).toEqual(['mx.example.com CNAME', '_25._tcp.mx.example.com TLSA'])
  })

  it('row 17: the alias is made from a secure DNAME', async () => {
    const dname = [['DNAME', 'secure', 'mx.provider.example.net']] as const
    const { first } = await find({
      ...mx,
      'mx.example.com A': { ...insecure('192.0.2.1'), via: dname },
      'mx.example.com AAAA': { ...insecure(), via: dname },
      '_25._tcp.mx.example.com TLSA': secure(TLSA),
    })
    expect(only(first, 'dane').tlsaBase.toString()).toBe('mx.example.com.')
  })

  it('row 18: the first alias is insecure: DANE does not apply', async () => {
    const { first, asked } = await find({ ...aliased, 'mx.example.com CNAME': insecure('provider.example.net') })
    expect(only(first, 'may')).toMatchObject({ tlsaBase: null, addresses: ['192.0.2.1'] })
    expect(asked).toHaveLength(4)
  })

  it.each([
    ['bogus', bogus],
    ['indeterminate', indeterminate],
    ['a secure denial', secure()],
  ])('row 19: asking for its status gives %s: the host is not used', async (_, answer) => {
    const { first, asked } = await find({ ...aliased, 'mx.example.com CNAME': answer })
    expect(only(first, 'defer').addresses).toEqual([])
    expect(asked).toHaveLength(4)
  })
})

describe('row 20: a TLSA lookup failed', () => {
  const via = [['CNAME', 'secure', 'real.example.org']] as const
  const aliased = {
    ...mx,
    'mx.example.com A': { ...secure('192.0.2.1'), via },
    'mx.example.com AAAA': { ...secure(), via },
  }

  it.each([
    ['bogus', bogus],
    ['indeterminate', indeterminate],
    ['refused', { status: 'insecure', rcode: 5 }],
  ] as const)('%s at the first candidate: not on to the next, and not to the host', async (_, answer) => {
    const { first, asked } = await find({ ...aliased, '_25._tcp.real.example.org TLSA': answer })
    const defer = only(first, 'defer')
    expect(defer.tlsaBase?.toString()).toBe('real.example.org.')
    expect(defer.reason.text).not.toBe('')
    expect(asked.filter((question) => question.endsWith('TLSA'))).toHaveLength(1)
  })

  it('bogus at the last candidate', async () => {
    const { first } = await find({
      ...aliased,
      '_25._tcp.real.example.org TLSA': secure(),
      '_25._tcp.mx.example.com TLSA': bogus,
    })
    expect(only(first, 'defer')).toMatchObject({ tlsaStatus: 'bogus' })
  })

  it('the other hosts stay', async () => {
    const { levels } = await find({
      'example.com MX': secure('10 mx.example.com', '20 b.example.com'),
      ...host('mx.example.com', bogus),
      ...host('b.example.com'),
    })
    expect(levels).toEqual(['defer', 'dane'])
  })
})

it('row 21: an aliased TLSA owner keeps the base domain that was asked', async () => {
  const tlsa = { ...secure(TLSA), via: [['CNAME', 'secure', '_dane.example.net']] } as const
  const { first } = await find({ ...mx, ...host('mx.example.com', tlsa) })
  const dane = only(first, 'dane')
  expect(dane.tlsaBase.toString()).toBe('mx.example.com.')
  expect(text(dane.referenceIdentifiers)).toEqual(['mx.example.com.', 'example.com.'])
  expect(dane.tlsa).toHaveLength(1)
})

describe('row 22: secure TLSA records end the search', () => {
  const via = [['CNAME', 'secure', 'real.example.org']] as const
  const aliased = {
    ...mx,
    'mx.example.com A': { ...secure('192.0.2.1'), via },
    'mx.example.com AAAA': { ...secure(), via },
  }

  it('also when none is usable: TLS is a must', async () => {
    const { first, asked } = await find({ ...aliased, '_25._tcp.real.example.org TLSA': secure(`1 1 1 ${DIGEST}`) })
    const encrypt = only(first, 'encrypt')
    expect(encrypt.tlsa[0]).toMatchObject({ usable: false })
    expect(encrypt.tlsa[0]?.why).toContain('PKIX-EE(1)')
    expect(asked.at(-1)).toBe('_25._tcp.real.example.org TLSA')
  })

  it.each(['\\#', '\\# 03', '\\# 0301', '\\# 030101'])('RDATA %s cannot be used, and is a record', async (short) => {
    const { first } = await find({ ...mx, ...host('mx.example.com', secure(short)) })
    expect(only(first, 'encrypt').tlsa).toHaveLength(1)
  })

  it('one usable among others: dane', async () => {
    const { first } = await find({ ...mx, ...host('mx.example.com', secure('\\# 03', TLSA, `0 0 1 ${DIGEST}`)) })
    expect(only(first, 'dane').tlsa.map(({ usable }) => usable)).toEqual([false, true, false])
  })

  it('trust-anchor records are usable: the host is not taken down to encryption alone', async () => {
    const { first } = await find({ ...mx, ...host('mx.example.com', secure(`2 0 1 ${DIGEST}`)) })
    expect(first.level).toBe('dane')
  })

  it('more records than the limit: the host is not used', async () => {
    const many = Array.from({ length: 65 }, (_, i) => `3 1 1 ${i.toString(16).padStart(64, '0')}`)
    const { first } = await find({ ...mx, ...host('mx.example.com', secure(...many)) })
    expect(only(first, 'defer').reason).toMatchObject({ code: 'limit-reached' })
  })
})

describe('rows 23 and 24: nothing secure', () => {
  it('row 23: proven absence', async () => {
    const { first } = await find({ ...mx, ...host('mx.example.com', nxdomain('secure')) })
    expect(only(first, 'may')).toMatchObject({ tlsaStatus: 'secure', tlsa: [] })
    expect(only(first, 'may').tlsaBase?.toString()).toBe('mx.example.com.')
  })

  it('row 23: an owner name too long to exist is absence', async () => {
    const long = `${`${'a'.repeat(60)}.`.repeat(4)}com`
    const { first, asked } = await find({
      'example.com MX': secure(`10 ${long}`),
      [`${long} A`]: secure('192.0.2.1'),
      [`${long} AAAA`]: secure(),
    })
    expect(asked).toHaveLength(3)
    expect(first.level).toBe('may')
  })

  it('row 24: insecure records are shown and do not count', async () => {
    const { first } = await find({ ...mx, ...host('mx.example.com', insecure(TLSA)) })
    const may = only(first, 'may')
    expect(may.tlsaStatus).toBe('insecure')
    expect(may.tlsa).toHaveLength(1)
    expect(may.why).toContain('insecure')
  })

  it('rows 23 and 24: insecure records at the first candidate, secure ones at the host', async () => {
    const via = [['CNAME', 'secure', 'real.example.org']] as const
    const { first } = await find({
      ...mx,
      'mx.example.com A': { ...secure('192.0.2.1'), via },
      'mx.example.com AAAA': { ...secure(), via },
      '_25._tcp.real.example.org TLSA': insecure(TLSA),
      '_25._tcp.mx.example.com TLSA': secure(TLSA),
    })
    expect(only(first, 'dane').tlsaBase.toString()).toBe('mx.example.com.')
  })
})

describe('addresses', () => {
  const many = {
    ...mx,
    'mx.example.com A': insecure('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.1'),
    'mx.example.com AAAA': insecure('2001:db8::1', '2001:db8::2'),
  }

  it.each([
    ['interleaved', ['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2', '192.0.2.3']],
    ['ipv6-first', ['2001:db8::1', '2001:db8::2', '192.0.2.1', '192.0.2.2', '192.0.2.3']],
    ['ipv4-first', ['192.0.2.1', '192.0.2.2', '192.0.2.3', '2001:db8::1', '2001:db8::2']],
  ] as const)('%s, none twice', async (addressOrder, addresses) => {
    expect((await find(many, 'example.com', { addressOrder })).first.addresses).toEqual(addresses)
  })

  it('at most so many of one host', async () => {
    const { first } = await find(many, 'example.com', { maxAddresses: 2 })
    expect(first.addresses).toEqual(['2001:db8::1', '192.0.2.1'])
  })
})

describe('arguments', () => {
  it.each([
    [{ port: 0 }, /^port:/],
    [{ port: 65_536 }, /^port:/],
    [{ maxHosts: 0 }, /^maxHosts:/],
    [{ maxAddresses: 1.5 }, /^maxAddresses:/],
    [{ insecureMx: 'none' as 'may' }, /^insecureMx:/],
    [{ addressOrder: 'random' as 'interleaved' }, /^addressOrder:/],
    [{ digests: ['MD5' as 'SHA2-256'] }, /^digests:/],
  ])('%o', async (options, message) => {
    await expect(find({}, 'example.com', options)).rejects.toThrow(message)
  })

  it.each([
    ['[mx.example.com', 'bad-address'],
    ['[mx.example.com]:0', 'bad-address'],
    ['[mx.example.com]:65536', 'bad-address'],
    ['[mx.example.com]x', 'bad-address'],
    ['[]', 'bad-name'],
    ['', 'bad-name'],
    ['exa mple.com', 'bad-name'],
  ])('next hop %j', async (next, code) => {
    const error = await find({}, next).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DanelawError)
    expect(error).toMatchObject({ code })
  })

  it('the signal goes with every question', async () => {
    const signal = new AbortController().signal
    const seen: unknown[] = []
    const inner = new ScriptedLookup({ ...mx, ...host('mx.example.com') })
    const lookup = {
      query: (name: Name, type: number, options?: { readonly signal?: AbortSignal }) => {
        seen.push(options?.signal)
        return inner.query(name, type)
      },
    }
    await discover(lookup, 'example.com', { signal })
    expect(seen).toHaveLength(4)
    expect(new Set(seen)).toEqual(new Set([signal]))
  })

  it('what the resolver throws goes through', async () => {
    await expect(discover(new ScriptedLookup({}), 'example.com')).rejects.toThrow('not scripted')
  })
})

function numbers(...values: number[]): () => number {
  let at = 0
  return () => values[at++ % values.length]!
}
