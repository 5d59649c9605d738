import { describe, expect, it } from 'vitest'
import { bogus, indeterminate, insecure, nxdomain, secure } from '../scripted.ts'
import { DIGEST, find, host, mx, only, text, TLSA } from './setup.ts'

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
