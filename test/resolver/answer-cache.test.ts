import { describe, expect, test } from 'vitest'
import type {
  BogusAnswer,
  Failure,
  IndeterminateAnswer,
  InsecureAnswer,
  SecureAnswer,
  ValidatedAnswer,
} from '../../src/dnssec/status.ts'
import { Budget } from '../../src/limits.ts'
import { AnswerCache } from '../../src/resolver/answer-cache.ts'
import { Name } from '../../src/wire/name.ts'

const NOW = 1_800_000_000
const NAME = Name.parse('www.example.com')
const QUESTION = { name: NAME, type: 1, class: 1 }
const FAILURE: Failure = { code: 'upstream-timeout', ede: 22, text: 'late', at: undefined, advice: undefined }
const BASE = { question: QUESTION, rcode: 0, chain: [], spent: new Budget().spent }
const RECORD = { name: NAME, type: 1, class: 1, ttl: 300, rdata: Uint8Array.of(192, 0, 2, 1) }
const DATA = { ...BASE, records: [RECORD], aliases: [], canonicalName: NAME, proofs: [], ttl: 300 }
const SECURE: SecureAnswer = {
  ...DATA,
  status: 'secure',
  reason: null,
  validFrom: NOW - 86_400,
  validUntil: NOW + 86_400,
}
const INSECURE: InsecureAnswer = { ...DATA, status: 'insecure', reason: { ...FAILURE, code: 'insecure-delegation' } }
const BOGUS: BogusAnswer = { ...BASE, status: 'bogus', reason: { ...FAILURE, code: 'signature-failed' } }
const FAILED: IndeterminateAnswer = { ...BASE, status: 'indeterminate', reason: FAILURE }

function cache(octets = 1_000_000): AnswerCache {
  return new AnswerCache({ octets, maximumTtl: 86_400, failureTtl: 30 })
}

/** The last second at which an answer put at NOW is there. */
function life(answer: ValidatedAnswer): number {
  let last = -1
  for (const seconds of [0, 1, 29, 30, 299, 300, 86_399, 86_400, 200_000]) {
    const subject = cache()
    subject.put(QUESTION, answer, NOW)
    if (subject.get(QUESTION, NOW + seconds) !== undefined) last = seconds
  }
  return last
}

describe('how long an answer is kept', () => {
  test('secure and insecure: its TTL', () => {
    expect(life(SECURE)).toBe(299)
    expect(life(INSECURE)).toBe(299)
  })

  test('never longer than a day', () => {
    expect(life({ ...SECURE, ttl: 500_000, validUntil: NOW + 500_000 })).toBe(86_399)
    expect(life({ ...INSECURE, ttl: 500_000 })).toBe(86_399)
  })

  test('never past the signatures', () => {
    expect(life({ ...SECURE, validUntil: NOW + 29 })).toBe(29)
  })

  test('bogus and failed: 30 seconds (RFC 9520 section 3.2)', () => {
    expect(life(BOGUS)).toBe(29)
    expect(life(FAILED)).toBe(29)
  })

  test('not at all with a TTL of 0, nor where the caller called it off', () => {
    expect(life({ ...SECURE, ttl: 0 })).toBe(-1)
    expect(life({ ...FAILED, reason: { ...FAILURE, code: 'aborted' } })).toBe(-1)
  })
})

describe('what comes back', () => {
  test('has what is left of the TTLs, and is otherwise what was put in', () => {
    const subject = cache()
    subject.put(QUESTION, { ...SECURE, records: [RECORD, { ...RECORD, ttl: 60 }] }, NOW)
    expect(subject.get(QUESTION, NOW + 100)?.answer).toEqual({
      ...SECURE,
      ttl: 200,
      records: [
        { ...RECORD, ttl: 200 },
        { ...RECORD, ttl: 0 },
      ],
    })
    expect(subject.get(QUESTION, NOW)?.answer).toMatchObject({ ttl: 300 })
  })

  test('is found by name in any case, type and class', () => {
    const subject = cache()
    subject.put(QUESTION, SECURE, NOW)
    expect(subject.get({ ...QUESTION, name: Name.parse('WWW.Example.COM') }, NOW)).toBeDefined()
    for (const other of [{ type: 28 }, { class: 3 }, { name: Name.parse('example.com') }]) {
      expect(subject.get({ ...QUESTION, ...other }, NOW)).toBeUndefined()
    }
  })

  test('is replaced by what is put in later', () => {
    const subject = cache()
    subject.put(QUESTION, SECURE, NOW)
    subject.put(QUESTION, INSECURE, NOW + 10)
    expect(subject.get(QUESTION, NOW + 10)?.answer).toMatchObject({ status: 'insecure' })
    subject.clear()
    expect(subject.get(QUESTION, NOW + 10)).toBeUndefined()
  })

  test('is nothing at a time before the validation, and there again after it', () => {
    const subject = cache()
    subject.put(QUESTION, SECURE, NOW)
    expect(subject.get(QUESTION, NOW - 1)).toBeUndefined()
    expect(subject.get(QUESTION, NOW - 1_000_000)).toBeUndefined()
    expect(subject.get(QUESTION, NOW + 1)?.answer).toMatchObject({ status: 'secure' })
  })

  test('does not depend on the clock of the machine', () => {
    const subject = cache()
    const longAgo = 86_400
    subject.put(QUESTION, { ...SECURE, validFrom: 0, validUntil: 10 * longAgo }, longAgo)
    expect(subject.get(QUESTION, longAgo + 299)?.answer).toMatchObject({ ttl: 1 })
  })
})

describe('what is about to end', () => {
  test('is due once, in the last tenth of its life', () => {
    const subject = cache()
    subject.put(QUESTION, SECURE, NOW)
    expect([0, 200, 269, 270, 271].map((seconds) => subject.get(QUESTION, NOW + seconds)?.due)).toEqual([
      false,
      false,
      false,
      true,
      false,
    ])
    subject.put(QUESTION, SECURE, NOW + 271)
    expect([272, 541].map((seconds) => subject.get(QUESTION, NOW + seconds)?.due)).toEqual([false, true])
  })

  test('is never a failure', () => {
    const subject = cache()
    subject.put(QUESTION, BOGUS, NOW)
    expect(subject.get(QUESTION, NOW + 29)?.due).toBe(false)
  })

  test('stays as long as it holds, where asking again failed', () => {
    for (const failure of [BOGUS, FAILED]) {
      const subject = cache()
      subject.put(QUESTION, SECURE, NOW)
      subject.put(QUESTION, failure, NOW + 280)
      expect(subject.get(QUESTION, NOW + 299)?.answer.status).toBe('secure')
      expect(subject.get(QUESTION, NOW + 300)).toBeUndefined()
      subject.put(QUESTION, failure, NOW + 300)
      expect(subject.get(QUESTION, NOW + 300)?.answer).toBe(failure)
    }
  })
})

describe('what is over (RFC 8767)', () => {
  const lasting = (stale: number) => new AnswerCache({ octets: 1e6, maximumTtl: 86_400, failureTtl: 30, stale })

  test('is gone unless it was asked for to be kept', () => {
    const subject = cache()
    subject.put(QUESTION, SECURE, NOW)
    expect(subject.getStale(QUESTION, NOW + 299)).toBeUndefined()
    expect(subject.getStale(QUESTION, NOW + 300)).toBeUndefined()
  })

  test('is there so many seconds more, with a TTL of 30, and says how old it is', () => {
    const subject = lasting(1000)
    subject.put(QUESTION, SECURE, NOW)
    expect(subject.getStale(QUESTION, NOW + 299)).toBeUndefined()
    expect(subject.get(QUESTION, NOW + 310)).toBeUndefined()
    expect(subject.getStale(QUESTION, NOW + 310)).toEqual({
      ...SECURE,
      ttl: 30,
      records: [{ ...RECORD, ttl: 30 }],
      stale: 10,
    })
    expect(subject.getStale(QUESTION, NOW + 1299)).toBeDefined()
    expect(subject.getStale(QUESTION, NOW + 1300)).toBeUndefined()
  })

  test('is still there behind a failure, and not behind another answer', () => {
    const subject = lasting(1000)
    subject.put(QUESTION, SECURE, NOW)
    subject.put(QUESTION, FAILED, NOW + 400)
    subject.put(QUESTION, FAILED, NOW + 440)
    expect(subject.get(QUESTION, NOW + 441)?.answer.status).toBe('indeterminate')
    expect(subject.getStale(QUESTION, NOW + 441)).toMatchObject({ status: 'secure', stale: 141 })
    subject.put(QUESTION, INSECURE, NOW + 500)
    expect(subject.getStale(QUESTION, NOW + 501)).toBeUndefined()
  })

  test('is never there when its signatures are over, nor where it is a failure', () => {
    const subject = lasting(1000)
    subject.put(QUESTION, { ...SECURE, validUntil: NOW + 350 }, NOW)
    expect(subject.getStale(QUESTION, NOW + 350)).toBeDefined()
    expect(subject.getStale(QUESTION, NOW + 351)).toBeUndefined()
    subject.clear()
    subject.put(QUESTION, BOGUS, NOW)
    expect(subject.getStale(QUESTION, NOW + 31)).toBeUndefined()
  })
})

test('failures can be forgotten alone', () => {
  const subject = cache()
  const other = { ...QUESTION, type: 28 }
  subject.put(QUESTION, BOGUS, NOW)
  subject.put(other, SECURE, NOW)
  subject.forgetFailures()
  expect(subject.get(QUESTION, NOW)).toBeUndefined()
  expect(subject.get(other, NOW)).toBeDefined()
})

describe('the bound', () => {
  const numbered = (i: number) => ({ ...QUESTION, name: Name.parse(`n${i}.example`) })

  test('what was not asked for longest makes room', () => {
    const subject = cache(100_000)
    for (let i = 0; i < 1000; i++) {
      subject.put(numbered(i), SECURE, NOW)
      subject.get(numbered(0), NOW)
    }
    expect(subject.get(numbered(0), NOW)).toBeDefined()
    expect(subject.get(numbered(1), NOW)).toBeUndefined()
    const kept = Array.from({ length: 1000 }, (_, i) => subject.get(numbered(i), NOW)).filter(Boolean)
    expect(kept.length).toBeGreaterThan(20)
    expect(kept.length).toBeLessThan(100)
  })

  test('what is larger than all of it is not kept', () => {
    const subject = cache(65_536)
    const large = { ...SECURE, records: [{ ...RECORD, rdata: new Uint8Array(65_535) }] }
    subject.put(QUESTION, large, NOW)
    expect(subject.get(QUESTION, NOW)).toBeUndefined()
  })

  test('proofs, chains and texts count', () => {
    const big = 'x'.repeat(40_000)
    const signature = {
      ...{ owner: NAME, signer: NAME },
      typeCovered: 1,
      keyTag: 1,
      algorithm: 8,
      inception: 0,
      expiration: 1,
    }
    const proof = { proves: '', records: [{ ...RECORD, rdata: new Uint8Array(65_535) }], signatures: [] }
    const link = { zone: NAME, status: 'secure', via: 'ds', ds: [], keys: [], signatures: [], proofs: [] } as const
    const part = { owner: NAME, type: 1, status: 'secure', signature: undefined, proof: undefined } as const
    const heavy: ValidatedAnswer[] = [
      { ...SECURE, proofs: [{ ...part, proof }] },
      { ...SECURE, proofs: Array.from({ length: 300 }, () => ({ ...part, signature })) },
      { ...SECURE, chain: [{ ...link, proofs: [proof] }] },
      {
        ...SECURE,
        chain: [{ ...link, keys: Array.from({ length: 1000 }, () => ({ keyTag: 1, algorithm: 8, flags: 0 })) }],
      },
      { ...SECURE, chain: [{ ...link, signatures: Array.from({ length: 300 }, () => signature) }] },
      { ...BOGUS, reason: { ...FAILURE, text: big } },
      { ...FAILED, reason: { ...FAILURE, advice: big } },
      {
        ...SECURE,
        aliases: Array.from(
          { length: 200 },
          () => ({ owner: NAME, target: NAME, type: 'CNAME', status: 'secure' }) as const,
        ),
      },
    ]
    for (const answer of heavy) {
      const subject = cache(65_536)
      subject.put(QUESTION, answer, NOW)
      expect(subject.get(QUESTION, NOW)).toBeUndefined()
    }
  })
})
