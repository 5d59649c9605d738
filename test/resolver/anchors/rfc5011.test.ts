import { describe, expect, test } from 'vitest'
import { TrustAnchors } from '../../../src/dnssec/trust-anchors.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { makeKey } from '../../lab/signer/key.ts'
import { DAY, START, TrustPointLab } from './trust-point-lab.ts'

/** The rollover of the root from its key of 2017 to that of 2024, as it was and as it is planned. */
test('years: a new key, its use, the revocation of the old one, and its end', async () => {
  using lab = new TrustPointLab()
  const old = makeKey({ role: 'ksk' })
  const next = makeKey({ role: 'ksk' })
  const anchors = lab.anchors(old)
  lab.published = [{ key: old, as: 'signing' }]
  const history: string[] = []
  const until = async (day: number): Promise<void> => {
    for (; lab.now < START + day * DAY; lab.now += 10 * DAY) {
      const { outcome, changes } = await lab.refresh(anchors)
      if (outcome === 'failed') history.push(`${(lab.now - START) / DAY} failed`)
      for (const { keyTag, from, to } of changes) {
        history.push(`${(lab.now - START) / DAY} ${keyTag === old.keyTag ? 'old' : 'new'} ${from} ${to}`)
      }
      expect(await lab.status(anchors)).toBe('secure')
    }
  }
  await until(100)
  lab.published = [
    { key: old, as: 'signing' },
    { key: next, as: 'standby' },
  ]
  await until(700)
  lab.published = [
    { key: old, as: 'standby' },
    { key: next, as: 'signing' },
  ]
  await until(790)
  lab.published = [
    { key: old, as: 'revoked' },
    { key: next, as: 'signing' },
  ]
  await until(880)
  lab.published = [{ key: next, as: 'signing' }]
  await until(900)
  expect(history).toEqual([
    '100 new Start AddPend',
    '130 new AddPend Valid',
    '790 old Valid Revoked',
    '820 old Revoked Removed',
  ])
  expect(await lab.states(anchors)).toEqual({ [old.keyTag]: 'Removed', [next.keyTag]: 'Valid' })
  // Never again, though it is still configured.
  lab.published = [
    { key: old, as: 'standby' },
    { key: next, as: 'signing' },
  ]
  expect(await lab.refresh(anchors, true)).toMatchObject({ outcome: 'validated', changes: [] })
  lab.published = [{ key: old, as: 'signing' }]
  expect(await lab.status(anchors)).toBe('bogus')
})

describe('the add hold-down time (RFC 5011 section 2.4.1)', () => {
  const first = makeKey({ role: 'ksk' })
  const second = makeKey({ role: 'ksk' })
  const both = [
    { key: first, as: 'signing' },
    { key: second, as: 'standby' },
  ] as const

  test('is 30 days to the second, and the key has to be seen when it is over', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first)
    lab.published = both
    await lab.refresh(anchors, true)
    lab.now += 30 * DAY - 1
    expect((await lab.refresh(anchors, true)).changes).toEqual([])
    lab.now += 1
    expect((await lab.refresh(anchors, true)).changes).toMatchObject([{ from: 'AddPend', to: 'Valid' }])
  })

  test('is the original TTL where that is longer', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first)
    lab.keyTtl = 40 * DAY
    lab.published = both
    await lab.refresh(anchors, true)
    // A shorter TTL later does not shorten it.
    lab.keyTtl = 3600
    lab.now += 40 * DAY - 1
    expect((await lab.refresh(anchors, true)).changes).toEqual([])
    lab.now += 1
    expect((await lab.refresh(anchors, true)).changes).toMatchObject([{ to: 'Valid' }])
  })

  test('begins anew where the key was away', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first)
    lab.published = both
    await lab.refresh(anchors, true)
    lab.now += 29 * DAY
    lab.published = [{ key: first, as: 'signing' }]
    expect((await lab.refresh(anchors, true)).changes).toMatchObject([{ from: 'AddPend', to: 'Start' }])
    lab.published = both
    lab.now += 2 * DAY
    expect((await lab.refresh(anchors, true)).changes).toMatchObject([{ from: 'Start', to: 'AddPend' }])
    lab.now += 29 * DAY
    expect((await lab.refresh(anchors, true)).changes).toEqual([])
  })

  test('is not shortened by a clock that was in the future', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first)
    lab.published = both
    lab.now += 1000 * DAY
    await lab.refresh(anchors, true)
    lab.now -= 1000 * DAY
    expect((await lab.refresh(anchors)).outcome).toBe('validated')
    lab.now += 30 * DAY - 1
    expect((await lab.refresh(anchors, true)).changes).toEqual([])
    lab.now += 1
    expect((await lab.refresh(anchors, true)).changes).toMatchObject([{ to: 'Valid' }])
  })

  test('whoever has one stolen key cannot shorten it, nor trust what he adds before it is over', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first)
    const evil = makeKey({ role: 'ksk' })
    lab.published = [{ key: first, as: 'signing' }]
    await lab.refresh(anchors, true)
    // Signed by the stolen key and by his own, with every TTL and as often as he likes.
    for (let look = 0; look < 29; look++) {
      lab.keyTtl = [0, 1, 3600, 2 ** 20][look % 4]!
      lab.onPath = () => [
        { key: first, as: 'signing' },
        { key: evil, as: 'signing' },
      ]
      const { changes } = await lab.refresh(anchors, true)
      expect(changes.map(({ to }) => to)).toEqual(look === 0 ? ['AddPend'] : [])
      lab.onPath = () => [{ key: evil, as: 'signing' }]
      expect((await lab.refresh(anchors, true)).outcome).toBe('failed')
      if (look % 7 === 0) expect(await lab.status(anchors)).toBe('bogus')
      lab.now += DAY
    }
    // One look at the true RRset, and all his patience was for nothing.
    lab.onPath = undefined
    expect((await lab.refresh(anchors, true)).changes).toMatchObject([{ from: 'AddPend', to: 'Start' }])
  })

  test('keys without SEP, and of a kind that is not supported, do not even wait', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first)
    lab.published = [
      { key: first, as: 'signing' },
      { key: makeKey({ role: 'zsk' }), as: 'standby' },
      { key: makeKey({ role: 'ksk', algorithm: 253 }), as: 'standby' },
    ]
    expect((await lab.refresh(anchors)).changes).toEqual([])
  })

  test('a flood of keys does not push out the one that waits', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first)
    lab.published = both
    await lab.refresh(anchors, true)
    const flood = Array.from({ length: 20 }, () => ({ key: makeKey({ role: 'ksk' }), as: 'standby' as const }))
    lab.published = [...flood, ...both]
    const { changes } = await lab.refresh(anchors, true)
    expect(changes).toHaveLength(7)
    lab.now += 30 * DAY
    lab.published = both
    const added = (await lab.refresh(anchors, true)).changes.filter(({ to }) => to === 'Valid')
    expect(added).toMatchObject([{ keyTag: second.keyTag }])
  })
})

describe('a forged DNSKEY RRset changes nothing', () => {
  const key = makeKey({ role: 'ksk' })
  const evil = makeKey({ role: 'ksk' })

  test.each([
    ['by another key', [{ key: evil, as: 'signing' }]],
    [
      'by another key beside the true one, which did not sign',
      [
        { key: evil, as: 'signing' },
        { key, as: 'standby' },
      ],
    ],
    [
      'the REVOKE bit without a signature of the key',
      [
        { key, as: 'revoked-unsigned' },
        { key: evil, as: 'signing' },
      ],
    ],
    ['a revoked key nobody trusted', [{ key: evil, as: 'revoked' }]],
    ['silence', null],
  ] as const)('%s', async (_, onPath) => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(key)
    lab.published = [{ key, as: 'signing' }]
    await lab.refresh(anchors)
    lab.onPath = () => onPath
    lab.now += 2 * DAY
    expect(await lab.refresh(anchors)).toMatchObject({ outcome: 'failed', changes: [] })
    lab.onPath = undefined
    expect(await lab.states(anchors)).toEqual({ [key.keyTag]: 'Valid' })
    expect(await lab.status(anchors)).toBe('secure')
  })
})

describe('a key that is missing (RFC 5011 section 4.2)', () => {
  const first = makeKey({ role: 'ksk' })
  const second = makeKey({ role: 'ksk' })

  test('stays trusted, and is found again', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first, second)
    lab.published = [
      { key: first, as: 'signing' },
      { key: second, as: 'standby' },
    ]
    await lab.refresh(anchors)
    lab.published = [{ key: second, as: 'signing' }]
    lab.now += 10 * DAY
    expect((await lab.refresh(anchors)).changes).toMatchObject([{ keyTag: first.keyTag, to: 'Missing' }])
    lab.published = [{ key: first, as: 'signing' }]
    expect(await lab.status(anchors)).toBe('secure')
    lab.now += 10 * DAY
    expect((await lab.refresh(anchors)).changes).toMatchObject([
      { keyTag: first.keyTag, from: 'Missing', to: 'Valid' },
      { keyTag: second.keyTag, from: 'Valid', to: 'Missing' },
    ])
  })

  test('can be revoked', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(first, second)
    lab.published = [{ key: second, as: 'signing' }]
    await lab.refresh(anchors)
    lab.published = [
      { key: first, as: 'revoked' },
      { key: second, as: 'signing' },
    ]
    expect((await lab.refresh(anchors, true)).changes).toMatchObject([
      { keyTag: first.keyTag, from: 'Missing', to: 'Revoked' },
    ])
  })
})

describe('revocation', () => {
  const key = makeKey({ role: 'ksk' })

  test('of the last key needs no other, is final, and leaves nothing insecure', async () => {
    using lab = new TrustPointLab()
    const anchors = lab.anchors(key)
    lab.published = [{ key, as: 'revoked' }]
    expect(await lab.refresh(anchors)).toMatchObject({ outcome: 'failed', changes: [{ to: 'Revoked' }] })
    lab.published = [{ key, as: 'signing' }]
    expect(await lab.status(anchors)).toBe('indeterminate')
    lab.now += 60 * DAY
    expect((await lab.refresh(anchors)).changes).toMatchObject([{ from: 'Revoked', to: 'Removed' }])
    expect(await lab.status(anchors)).toBe('indeterminate')
  })

  test('counts at once in a resolver that is at work, for what it remembers too', async () => {
    using lab = new TrustPointLab()
    await using resolver = lab.resolver(lab.anchors(key))
    lab.published = [{ key, as: 'signing' }]
    expect((await resolver.query('www.example')).status).toBe('secure')
    lab.onPath = () => [{ key, as: 'revoked' }]
    await resolver.refreshTrustAnchors()
    lab.onPath = undefined
    expect((await resolver.query('www.example')).status).toBe('indeterminate')
    expect(resolver.trustAnchors.anchors).toMatchObject([{ ds: [], dnskeys: [] }])
  })

  test.each([false, true])('a set that holds a key both ways is not validated by it, seen before: %s', async (seen) => {
    using lab = new TrustPointLab()
    lab.published = [{ key, as: 'signing' }]
    if (seen) await lab.refresh(lab.anchors(key), true)
    lab.published = [
      { key, as: 'signing' },
      { key, as: 'revoked' },
      { key: makeKey({ role: 'ksk' }), as: 'signing' },
    ]
    const { outcome, changes } = await lab.refresh(lab.anchors(key), true)
    expect({ outcome, changes }).toMatchObject({ outcome: 'failed', changes: [{ keyTag: key.keyTag, to: 'Revoked' }] })
    expect(changes).toHaveLength(1)
  })

  test('of all keys of a zone below another anchor lets that one judge', async () => {
    using lab = new TrustPointLab('example')
    const above = makeKey({ role: 'ksk' })
    using root = new TrustPointLab()
    const anchors = lab.anchors(key)
    lab.published = [{ key, as: 'revoked' }]
    await lab.refresh(anchors)
    const zones = [...root.anchors(above).anchors, ...anchors.anchors]
    await using resolver = lab.resolver(new TrustAnchors(zones))
    expect(resolver.trustAnchors.anchors.map(({ zone }) => zone.toString())).toEqual(['.'])
  })
})

describe('when to look again (RFC 5011 section 2.3)', () => {
  const key = makeKey({ role: 'ksk' })

  test.each([
    ['half the original TTL', 172_800, 21, 86_400],
    ['half of what is left of the signature', 30 * DAY, 10, 5 * DAY],
    ['15 days at most', 365 * DAY, 365, 15 * DAY],
    ['an hour at least', 60, 21, 3600],
  ])('%s', async (_, keyTtl, validity, wait) => {
    using lab = new TrustPointLab()
    lab.keyTtl = keyTtl
    lab.validity = validity
    lab.published = [{ key, as: 'signing' }]
    const anchors = lab.anchors(key)
    const { nextLook } = await lab.refresh(anchors)
    expect(nextLook).toBe(START + wait)
    lab.now = nextLook - 1
    expect((await lab.refresh(anchors)).outcome).toBe('not-due')
    lab.now = nextLook
    expect((await lab.refresh(anchors)).outcome).toBe('validated')
  })

  test.each([
    ['a tenth of the TTL', 172_800, 21, 17_280],
    ['a tenth of what is left of the signature', 300 * DAY, 5, DAY / 2],
    ['a day at most', 365 * DAY, 365, DAY],
    ['an hour at least', 60, 21, 3600],
  ])('after a failure: %s', async (_, keyTtl, validity, wait) => {
    using lab = new TrustPointLab()
    lab.keyTtl = keyTtl
    lab.validity = validity
    lab.published = [{ key, as: 'signing' }]
    const anchors = lab.anchors(key)
    await lab.refresh(anchors)
    lab.onPath = () => null
    expect((await lab.refresh(anchors, true)).nextLook).toBe(START + wait)
  })
})

test('without a file of state there is nothing to refresh', async () => {
  using lab = new TrustPointLab()
  await using resolver = new Resolver({ upstreams: ['192.0.2.1'], trustAnchors: lab.anchors(makeKey()) })
  await expect(resolver.refreshTrustAnchors()).rejects.toThrow(TypeError)
})
