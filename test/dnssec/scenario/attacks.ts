/**
 * Attacks on a validator's time, of any size: KeyTrap (CVE-2023-50387) in its forms and the search for the closest
 * encloser (CVE-2023-50868). `header` is that of a scenario file.
 */
import { questionKey } from '../../../src/dnssec/walk.ts'
import { VALIDATION_LIMITS } from '../../../src/limits.ts'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import type { Message } from '../../../src/wire/message.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import { generated } from './generated.ts'
import type { Upstream } from './replies.ts'
import type { Prepared } from './run.ts'

export interface Attack {
  readonly prepared: Prepared
  readonly upstream?: Upstream
}

export function manySignatures(count: number, header?: string): Attack {
  const prepared = generated('www.example. A', 'zone example.\nwww A 192.0.2.1\n', header)
  const upstream = changing(prepared, 'www.example. A', (message) => {
    const good = message.answer.find(({ type }) => type === RRType.RRSIG)!
    const others = message.answer.filter((record) => record !== good)
    return { ...message, answer: [...others, ...broken(good, count), good] }
  })
  return { prepared, upstream }
}

export function manyKeys(count: number, header?: string): Attack {
  const zone = 'zone example. keys=13:csk,13:standby:octets=64:like=1 ds=1\nwww A 192.0.2.1\n'
  const prepared = generated('www.example. A', zone, header)
  const upstream = changing(prepared, 'example. DNSKEY', (message) => {
    const last = message.answer.findLast(({ type }) => type === RRType.DNSKEY)!
    return { ...message, answer: [...message.answer, ...sameTag(last, count)] }
  })
  return { prepared, upstream }
}

export function keysTimesSignatures(count: number, header?: string): Attack {
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
export function manyDs(count: number, header?: string): Attack {
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

export function manyTypes(count: number, header?: string): Attack {
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

export function deepName(labels: number, iterations: number): Attack {
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

export function changing(prepared: Prepared, text: string, change: (message: Message) => Message): Upstream {
  const changed = questionKey(generated(text, 'zone .\n').scenario.question)
  return (question) => {
    const honest = prepared.upstream(question)
    if (honest.kind !== 'message' || questionKey(question) !== changed) return honest
    return { ...honest, message: change(honest.message) }
  }
}

/** Every limit at its maximum. */
export const MOST_LENIENT = `limits: ${Object.entries(VALIDATION_LIMITS)
  .map(([name, { max }]) => `${name}=${max}`)
  .join(' ')}\n`
