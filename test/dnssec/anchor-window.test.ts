import { beforeAll, describe, expect, test } from 'vitest'
import { type TrustAnchor, TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { Fixture } from '../../src/resolver/fixture/fixture.ts'
import { createInternet, type Internet } from '../lab/internet.ts'

const NOW = 1_800_000_000
let internet: Internet
let fixture: Fixture

beforeAll(async () => {
  internet = await createInternet({ now: NOW })
  const answer: Fixture['answer'] = (question) => ({
    kind: 'message',
    message: internet.answer(question),
    upstream: 'lab',
  })
  fixture = { description: 'the lab', answer }
})

/** The lab's anchor in other windows of time: one DS for each. */
function windows(...all: { validFrom?: number; validUntil?: number }[]): TrustAnchors {
  const [anchor] = internet.anchors.anchors as [TrustAnchor]
  return new TrustAnchors([{ ...anchor, ds: all.map((window) => ({ ...anchor.ds[0]!, ...window })) }])
}

describe('what was learnt through an anchor does not outlive it', () => {
  test('zones that are remembered', async () => {
    let now = NOW
    await using resolver = new Resolver({ fixture, trustAnchors: windows({ validUntil: NOW + 60 }), now: () => now })
    expect((await resolver.query('www.p256.test')).status).toBe('secure')
    now = NOW + 59
    expect((await resolver.query('www.ed25519.test')).status).toBe('secure')
    now = NOW + 60
    for (const name of ['mx.p256.test', 'nothing.p256.test', 'www.p384.test']) {
      expect(await resolver.query(name)).toMatchObject({ status: 'indeterminate', reason: { code: 'no-trust-anchor' } })
    }
  })

  test('answers that are remembered, and what they say of their time', async () => {
    let now = NOW
    const trustAnchors = windows({ validFrom: NOW - 30, validUntil: NOW + 60 })
    await using resolver = new Resolver({ fixture, trustAnchors, now: () => now })
    const answer = await resolver.query('www.p256.test')
    expect(answer).toMatchObject({ status: 'secure', ttl: 60, validFrom: NOW - 30, validUntil: NOW + 59 })
    now = NOW + 60
    expect((await resolver.query('www.p256.test')).status).toBe('indeterminate')
    // Also for a clock that was set back.
    now = NOW - 31
    expect((await resolver.query('www.p256.test')).status).toBe('indeterminate')
  })

  test('insecure delegations that are remembered', async () => {
    let now = NOW
    await using resolver = new Resolver({ fixture, trustAnchors: windows({ validUntil: NOW + 60 }), now: () => now })
    expect((await resolver.query('www.unsigned.test')).status).toBe('insecure')
    now = NOW + 60
    expect((await resolver.query('mx.unsigned.test')).status).toBe('indeterminate')
  })

  test('where another anchor for the key remains, the zone is entered again through it', async () => {
    let now = NOW
    const trustAnchors = windows({ validUntil: NOW + 60 }, {})
    await using resolver = new Resolver({ fixture, trustAnchors, now: () => now })
    expect((await resolver.query('www.p256.test')).status).toBe('secure')
    now = NOW + 60
    expect(await resolver.query('www.p256.test')).toMatchObject({ status: 'secure', ttl: 3600 })
  })
})
