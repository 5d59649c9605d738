/**
 * What an attack may cost, in counted work: KeyTrap (CVE-2023-50387) in its forms and the search for the closest
 * encloser (CVE-2023-50868). Over a limit the answer is bogus by the name of the limit; what just fits is secure.
 */
import { describe, expect, it } from 'vitest'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { questionKey } from '../../src/dnssec/walk.ts'
import { Budget, VALIDATION_LIMITS } from '../../src/limits.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import type { Message } from '../../src/wire/message.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { countingEngine, type Work } from './scenario/counting-engine.ts'
import { generated } from './scenario/generated.ts'
import type { Upstream } from './scenario/replies.ts'
import { type Outcome, type Prepared, run } from './scenario/run.ts'

const native = nativeEngine()
const { limits } = new Budget()

describe('one key, many signatures', () => {
  it('is refused after the failed checks an RRset may cost', () => {
    const { answer, work } = attack(manySignatures(600))
    expect(answer.reason?.text).toContain('failedSignatureChecksPerRRset')
    expect(answer.status).toBe('bogus')
    expect(work.verifications).toBeLessThanOrEqual(HONEST_CHECKS + limits.failedSignatureChecksPerRRset)
  })

  it('is secure where the good one is the last that may be tried', () => {
    const allowed = limits.failedSignatureChecksPerRRset - 1
    expect(attack(manySignatures(allowed)).answer.status).toBe('secure')
  })

  it('costs no more for more of them', () => {
    expect(exponent((size) => attack(manySignatures(size)))).toBeLessThan(1.2)
    expect(exponent((size) => attack(manySignatures(size, MOST_LENIENT)))).toBeLessThan(1.2)
  })
})

describe('many keys with one tag, one signature', () => {
  it('is refused before any of them is tried', () => {
    const { answer, work } = attack(manyKeys(20))
    expect(answer.reason?.text).toContain('keysPerTag')
    expect(answer.status).toBe('bogus')
    expect(work.verifications).toBeLessThanOrEqual(HONEST_CHECKS)
  })

  it('is refused for their number, where they are more', () => {
    const { answer, work } = attack(manyKeys(2000))
    expect(answer.reason?.text).toContain('keysPerZone')
    expect(answer.status).toBe('bogus')
    expect(work.imports).toBeLessThanOrEqual(2)
  })

  it('is secure with as many as are allowed', () => {
    const others = ',13:standby:octets=64:like=2'.repeat(limits.keysPerTag - 1)
    const prepared = generated('www.example. A', `zone example. keys=13:ksk,13:zsk${others}\nwww A 192.0.2.1\n`)
    expect(attack({ prepared }).answer.status).toBe('secure')
  })

  it('costs no more for more of them', () => {
    expect(exponent((size) => attack(manyKeys(size)))).toBeLessThan(1.2)
    expect(exponent((size) => attack(manyKeys(size, MOST_LENIENT)))).toBeLessThan(1.2)
  })
})

describe('many keys with one tag, many signatures', () => {
  it('is refused after the failed checks an RRset may cost, keys times signatures', () => {
    const { answer, work } = attack(keysTimesSignatures(300))
    expect(answer.reason?.text).toContain('failedSignatureChecksPerRRset')
    expect(answer.status).toBe('bogus')
    expect(work.verifications).toBeLessThanOrEqual(HONEST_CHECKS + limits.failedSignatureChecksPerRRset)
  })

  it('costs no more for more of them', () => {
    expect(exponent((size) => attack(keysTimesSignatures(size)))).toBeLessThan(1.2)
    expect(exponent((size) => attack(keysTimesSignatures(size, MOST_LENIENT)))).toBeLessThan(1.2)
  })
})

describe('many DS for many keys with one tag', () => {
  it('is refused for the number of DS', () => {
    const { answer, work } = attack(manyDs(200))
    expect(answer.reason?.text).toContain('dsPerZone')
    expect(answer.status).toBe('bogus')
    expect(work.digests).toBeLessThanOrEqual(1)
  })

  it('is secure with as many digests as are allowed', () => {
    const { answer, work } = attack(manyDs(limits.dsPerZone - 1))
    expect(answer.status).toBe('secure')
    expect(work.digests).toBeLessThanOrEqual(1 + limits.dsDigestsPerZone)
    expect(work.digests).toBeGreaterThan(limits.dsPerZone)
  })

  it('costs no more for more of them', () => {
    expect(exponent((size) => attack(manyDs(size)))).toBeLessThan(1.2)
    expect(exponent((size) => attack(manyDs(size, MOST_LENIENT)))).toBeLessThan(1.2)
  })
})

describe('ANY', () => {
  it('with a bad signature before each good one is refused when the checks of a question are spent', () => {
    const { answer, spent } = attack(manyTypes(30))
    expect(answer.reason?.text).toContain('signatureChecks of')
    expect(answer.status).toBe('bogus')
    expect(spent.signatureChecks).toBe(limits.signatureChecks)
  })

  it('is secure with as many as fit', () => {
    const fit = Math.floor((limits.signatureChecks - HONEST_CHECKS) / 2)
    const { answer, spent } = attack(manyTypes(fit))
    expect(answer.status).toBe('secure')
    expect(spent.signatureChecks).toBeLessThanOrEqual(limits.signatureChecks)
  })

  it('costs no more than in proportion', () => {
    expect(exponent((size) => attack(manyTypes(size, MOST_LENIENT)), [4, 8, 16, 32])).toBeLessThan(1.2)
  })
})

describe('the search for the closest encloser', () => {
  it('is refused when the hashing of a question is spent', () => {
    const { answer, spent } = attack(deepName(100, 50))
    expect(answer.reason?.text).toContain('nsec3HashBlocks')
    expect(answer.status).toBe('bogus')
    expect(spent.nsec3HashBlocks).toBeLessThanOrEqual(limits.nsec3HashBlocks)
  })

  it('is secure for the deepest name there can be, where a hash is cheap', () => {
    const { answer, spent } = attack(deepName(120, 0))
    expect(answer.status).toBe('secure')
    expect(spent.nsec3HashBlocks).toBeLessThanOrEqual(limits.nsec3HashBlocks)
  })

  it('hashes each name once', () => {
    const shallow = attack(deepName(10, 0)).spent.nsec3HashBlocks
    const deep = attack(deepName(20, 0)).spent.nsec3HashBlocks
    expect(deep).toBeLessThanOrEqual(2 * shallow)
  })

  it('is not made for more records than an answer may have', () => {
    const prepared = generated('nope.example. A', 'zone example. denial=nsec3\n')
    const { answer, spent } = attack({
      prepared,
      upstream: changing(prepared, 'nope.example. A', (message) => {
        const record = message.authority.find(({ type }) => type === RRType.NSEC3)!
        const both = message.authority.filter(({ name }) => name.equals(record.name))
        const more = Array.from({ length: 500 }, (_, i) =>
          both.map((one) => ({ ...one, name: one.name.strip(1).prepend(`${i}x`) })),
        )
        return { ...message, authority: [...message.authority, ...more.flat()] }
      }),
    })
    expect(answer.reason?.text).toContain('nsec3Records')
    expect(spent.nsec3HashBlocks).toBe(0)
  })
})

describe('the meter', () => {
  it('sees a quadratic, and a line', () => {
    const made = (work: (size: number) => number) =>
      exponent((size) => ({ ...NOTHING, work: { ...NO_WORK, octets: work(size) } }))
    expect(made((size) => size * size)).toBeGreaterThan(1.6)
    expect(made((size) => 3 * size + 100)).toBeLessThan(1.2)
  })
})

interface Attack {
  readonly prepared: Prepared
  readonly upstream?: Upstream
}

interface Cost extends Pick<Outcome, 'answer'> {
  readonly work: Work
  readonly spent: Outcome['answer']['spent']
}

function attack({ prepared, upstream }: Attack): Cost {
  const { engine, work } = countingEngine(native)
  const { answer } = run(prepared, { engine, ...(upstream !== undefined && { upstream }) })
  for (const [meter, amount] of Object.entries(answer.spent)) {
    expect(amount).toBeLessThanOrEqual(VALIDATION_LIMITS[meter as keyof typeof answer.spent].max)
  }
  expect(answer.status).not.toBe('insecure')
  return { answer, work, spent: answer.spent }
}

function manySignatures(count: number, header?: string): Attack {
  const prepared = generated('www.example. A', 'zone example.\nwww A 192.0.2.1\n', header)
  const upstream = changing(prepared, 'www.example. A', (message) => {
    const good = message.answer.find(({ type }) => type === RRType.RRSIG)!
    const others = message.answer.filter((record) => record !== good)
    return { ...message, answer: [...others, ...broken(good, count), good] }
  })
  return { prepared, upstream }
}

function manyKeys(count: number, header?: string): Attack {
  const zone = 'zone example. keys=13:csk,13:standby:octets=64:like=1 ds=1\nwww A 192.0.2.1\n'
  const prepared = generated('www.example. A', zone, header)
  const upstream = changing(prepared, 'example. DNSKEY', (message) => {
    const last = message.answer.findLast(({ type }) => type === RRType.DNSKEY)!
    return { ...message, answer: [...message.answer, ...sameTag(last, count)] }
  })
  return { prepared, upstream }
}

function keysTimesSignatures(count: number, header?: string): Attack {
  const zone = 'zone example. keys=13:ksk,13:zsk,13:standby:octets=64:like=2\nwww A 192.0.2.1\n'
  const prepared = generated('www.example. A', zone, header)
  const upstream = changing(prepared, 'www.example. A', (message) => {
    const good = message.answer.find(({ type }) => type === RRType.RRSIG)!
    const others = message.answer.filter((record) => record !== good)
    return { ...message, answer: [...others, ...broken(good, count)] }
  })
  return { prepared, upstream }
}

/** DS records that fit the tag and algorithm of two keys, the right one last. */
function manyDs(count: number, header?: string): Attack {
  const keys = 'keys=13:csk,13:standby:octets=64:like=1 ds=1'
  const tag = generated('www.example. A', `zone example. ${keys}\n`).zones.at(-1)!.keys[0]!.key.keyTag
  const lines = Array.from(
    { length: count },
    (_, i) => `example. DS ${tag} 13 2 ${i.toString(16).padStart(4, '0')}${'0'.repeat(60)}\n`,
  )
  return {
    prepared: generated('www.example. A', `zone .\n${lines.join('')}zone example. ${keys}\nwww A 192.0.2.1\n`, header),
  }
}

function manyTypes(count: number, header?: string): Attack {
  const lines = Array.from({ length: count }, (_, i) => `www TYPE${65_280 + i} \\# 1 00\n`)
  const prepared = generated('www.example. ANY', `zone example. denial=none\n${lines.join('')}`, header)
  const upstream = changing(prepared, 'www.example. ANY', (message) => ({
    ...message,
    answer: message.answer.flatMap((record) =>
      record.type === RRType.RRSIG ? [...broken(record, 1), record] : [record],
    ),
  }))
  return { prepared, upstream }
}

function deepName(labels: number, iterations: number): Attack {
  const name = `${'a.'.repeat(labels)}example.`
  return { prepared: generated(`${name} A`, `zone example. denial=nsec3 iterations=${iterations}\n`) }
}

/** Signatures that each differ, and do not fit. */
function broken(good: ResourceRecord, count: number): ResourceRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const rdata = good.rdata.slice()
    rdata[rdata.length - 1]! ^= 1 + (i % 255)
    rdata[rdata.length - 2]! ^= 1 + Math.floor(i / 255)
    return { ...good, rdata }
  })
}

/** Keys that each differ and share the tag: what one word gains another one loses (RFC 4034 appendix B). */
function sameTag(key: ResourceRecord, count: number): ResourceRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const rdata = key.rdata.slice()
    const view = new DataView(rdata.buffer)
    const [from, to] = [8, 12]
    const moved = Math.min(i + 1, view.getUint16(from), 0xffff - view.getUint16(to))
    view.setUint16(from, view.getUint16(from) - moved)
    view.setUint16(to, view.getUint16(to) + moved)
    return { ...key, rdata }
  })
}

function changing(prepared: Prepared, text: string, change: (message: Message) => Message): Upstream {
  const changed = questionKey(generated(text, 'zone .\n').scenario.question)
  return (question) => {
    const honest = prepared.upstream(question)
    if (honest.kind !== 'message' || questionKey(question) !== changed) return honest
    return { ...honest, message: change(honest.message) }
  }
}

/** The slope of work against size, both as logarithms: 1 where work is in proportion, 2 where it is quadratic. */
function exponent(measure: (size: number) => Cost, sizes: readonly number[] = [32, 64, 128, 256, 512]): number {
  const points = sizes.map((size) => {
    const { work, spent } = measure(size)
    const units = work.octets + 100 * (work.verifications + work.imports) + 64 * spent.nsec3HashBlocks
    return { x: Math.log(size), y: Math.log(units) }
  })
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const x = mean(points.map((point) => point.x))
  const y = mean(points.map((point) => point.y))
  const covariance = mean(points.map((point) => (point.x - x) * (point.y - y)))
  return covariance / mean(points.map((point) => (point.x - x) ** 2))
}

/** Root DNSKEY, DS, DNSKEY, and the RRset itself. */
const HONEST_CHECKS = 4
/** Every limit at its maximum. */
const MOST_LENIENT = `limits: ${Object.entries(VALIDATION_LIMITS)
  .map(([name, { max }]) => `${name}=${max}`)
  .join(' ')}\n`
const NO_WORK: Work = { verifications: 0, imports: 0, digests: 0, octets: 0 }
const NOTHING = { spent: { nsec3HashBlocks: 0 } } as unknown as Cost
