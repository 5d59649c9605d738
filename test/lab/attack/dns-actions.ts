/** What can be done to a DNS answer on its way. Actions compose: each takes what the one before left. */
import { Rcode } from '../../../src/wire/codes/rcode.ts'
import { RRType } from '../../../src/wire/codes/rrtype.ts'
import { parseMasterFile } from '../../../src/wire/master-file/parse.ts'
import { type Message, encodeMessage } from '../../../src/wire/message.ts'
import { Name } from '../../../src/wire/name.ts'
import type { ResourceRecord } from '../../../src/wire/record.ts'
import type { DnsAction, DnsQuery, DnsTransport, ExtraReply } from './plan.ts'

/** Changes the message, where there still is one. */
export function rewrite(change: (message: Message, query: DnsQuery) => Message): DnsAction {
  return (plan, query) => (plan.message === null ? plan : { ...plan, message: change(plan.message, query) })
}

/**
 * Puts records into the answer in place of all others of their types. Signatures over those types are kept, which
 * then do not fit, or dropped. `records` is master-file text with absolute names, or records.
 */
export function forge(
  records: string | readonly ResourceRecord[],
  options: { readonly signatures?: 'keep' | 'drop' } = {},
): DnsAction {
  const forged =
    typeof records === 'string' ? parseMasterFile(records, { origin: Name.root, defaultTtl: 3600 }) : records
  const types = new Set(forged.map(({ type }) => type))
  const goes = (record: ResourceRecord): boolean =>
    types.has(record.type) || (options.signatures === 'drop' && types.has(typeCovered(record)))
  return rewrite((message) => ({
    ...message,
    rcode: Rcode.NOERROR,
    answer: [...message.answer.filter((record) => !goes(record)), ...forged],
  }))
}

/** Flips one bit in the last octet of the RDATA of every record of a type, in all sections. */
export function corrupt(type: number): DnsAction {
  const flip = (record: ResourceRecord): ResourceRecord => {
    if (record.type !== type) return record
    const rdata = Uint8Array.from(record.rdata)
    rdata[rdata.length - 1]! ^= 1
    return { ...record, rdata }
  }
  return rewrite((message) => ({
    ...message,
    answer: message.answer.map(flip),
    authority: message.authority.map(flip),
  }))
}

/** Takes records away; default: everything DNSSEC adds to an answer. `dnssecOk: false` also clears DO. */
export function strip(types: readonly number[] = DNSSEC_TYPES, options: { readonly dnssecOk?: false } = {}): DnsAction {
  const stays = ({ type }: ResourceRecord): boolean => !types.includes(type)
  return rewrite((message) => ({
    ...message,
    answer: message.answer.filter(stays),
    authority: message.authority.filter(stays),
    additional: message.additional.filter(stays),
    edns: message.edns && { ...message.edns, dnssecOk: options.dnssecOk ?? message.edns.dnssecOk },
  }))
}

/** Answers as a server that does not know EDNS. */
export function dropEdns(): DnsAction {
  return rewrite((message) => ({ ...message, rcode: message.rcode & 0xf, edns: undefined }))
}

/** An empty answer with an RCODE: SERVFAIL, or an NXDOMAIN or NODATA (`NOERROR`) without any proof. */
export function rcode(name: keyof typeof Rcode): DnsAction {
  return rewrite((message) => ({ ...message, rcode: Rcode[name], answer: [], authority: [], additional: [] }))
}

/** No answer at all. */
export function silence(): DnsAction {
  return (plan) => ({ ...plan, message: null, octets: null, before: [], after: [] })
}

/** Over TCP, closes the connection in place of an answer. */
export function hangUp(): DnsAction {
  return (plan) => ({ ...plan, message: null, octets: null, hangUp: true })
}

/** Sets TC and sends no records, over UDP. */
export function truncate(): DnsAction {
  return over(
    'udp',
    rewrite((message) => ({ ...message, truncated: true, answer: [], authority: [], additional: [] })),
  )
}

export function delay(milliseconds: number): DnsAction {
  return (plan) => ({ ...plan, delay: plan.delay + milliseconds })
}

/**
 * A reply that is not the answer, in front of it: with another ID, another question, or from another source. It says
 * NXDOMAIN unless `message` says something else.
 */
export function impostor(wrong: 'id' | 'question' | 'source', message?: Message): DnsAction {
  return (plan, query) => {
    const base = message ?? plan.message
    if (base === null) return plan
    const lie: Message = message ?? { ...base, rcode: Rcode.NXDOMAIN, answer: [], authority: [] }
    const question = wrong === 'question' ? { ...query.question, name: ELSEWHERE } : query.question
    const id = wrong === 'id' ? query.id ^ 0x1234 : query.id
    const reply: ExtraReply = {
      octets: encodeMessage({ ...lie, id, response: true, questions: [question] }),
      from: wrong === 'source' ? 'stranger' : 'server',
    }
    return { ...plan, before: [...plan.before, reply] }
  }
}

/** The answer once more, behind the first. */
export function duplicate(): DnsAction {
  return (plan, query) => {
    if (plan.message === null) return plan
    const octets = encodeMessage({ ...plan.message, id: query.id, response: true, questions: [query.question] })
    return { ...plan, after: [...plan.after, { octets, from: 'server' }] }
  }
}

/** Octets that are no message: in front of the answer, or instead of it. */
export function garbage(place: 'before' | 'instead', octets: Uint8Array = NO_MESSAGE): DnsAction {
  if (place === 'instead') return (plan) => ({ ...plan, octets })
  return (plan) => ({ ...plan, before: [...plan.before, { octets, from: 'server' }] })
}

/** The action on one transport alone. */
export function over(transport: DnsTransport, action: DnsAction): DnsAction {
  return (plan, query) => (query.transport === transport ? action(plan, query) : plan)
}

/** The action for the first `count` queries it sees, and nothing after that. */
export function first(count: number, action: DnsAction): DnsAction {
  let left = count
  return (plan, query) => (left-- > 0 ? action(plan, query) : plan)
}

/** Of an RRSIG; 0, which is no type, for everything else. */
function typeCovered(record: ResourceRecord): number {
  return record.type === RRType.RRSIG ? (record.rdata[0]! << 8) | record.rdata[1]! : 0
}

const DNSSEC_TYPES: readonly number[] = [RRType.RRSIG, RRType.NSEC, RRType.NSEC3, RRType.DS, RRType.DNSKEY]
const ELSEWHERE = Name.parse('elsewhere.test.')
const NO_MESSAGE = Uint8Array.from({ length: 40 }, (_, index) => (index * 167 + 13) & 0xff)
