import { describe, expect, it } from 'vitest'
import { bogus, indeterminate, insecure, nxdomain, secure } from '../scripted.ts'
import { find, host, mx, only, text, TLSA } from './setup.ts'

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
