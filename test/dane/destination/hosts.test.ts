import { describe, expect, it } from 'vitest'
import { Name } from '../../../src/wire/name.ts'
import { bogus, indeterminate, insecure, nxdomain, secure } from '../scripted.ts'
import { find, host, only, text, TLSA } from './setup.ts'

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

  it('insecure, it is one all the same: nobody gains what silence would not give him', async () => {
    const { destination } = await find({ 'example.com MX': insecure('0 .') })
    expect(destination).toMatchObject({ mx: { status: 'insecure' }, none: { kind: 'null-mx', permanent: true } })
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

  it.each(['192.0.2.2', '2001:DB8:0::2'])('a host with the address %s of this system is this system', async (self) => {
    const { names } = await find(
      {
        ...three,
        'b.example.com A': secure('192.0.2.7', '192.0.2.2'),
        'b.example.com AAAA': secure('2001:db8::2'),
      },
      'example.com',
      { self: [self] },
    )
    expect(names).toEqual(['a.example.com.'])
  })

  it('a target that spells an address of this system is this system', async () => {
    const { names } = await find(
      { ...three, 'example.com MX': secure('10 a.example.com', '20 192.0.2.9.') },
      'example.com',
      {
        self: ['192.0.2.9'],
      },
    )
    expect(names).toEqual(['a.example.com.'])
  })

  it.each([
    ['its address', '192.0.2.1'],
    ['its name', 'example.com'],
  ])('a domain without MX records that is this system by %s is a loop', async (_, self) => {
    const { destination } = await find({ 'example.com MX': secure(), ...host('example.com') }, 'example.com', {
      self: [self],
    })
    expect(destination).toMatchObject({ hosts: [], none: { kind: 'loop', permanent: true } })
  })

  it('a host that cannot be looked up may be used later, and is no loop', async () => {
    const { levels, destination } = await find({ ...three, ...host('a.example.com', bogus) }, 'example.com', {
      self: ['b.example.com'],
    })
    expect(levels).toEqual(['defer'])
    expect(destination.none).toBeNull()
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

function numbers(...values: number[]): () => number {
  let at = 0
  return () => values[at++ % values.length]!
}
