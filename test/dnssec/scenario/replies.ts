/** The upstream of a scenario: honest answers of its zones, changed where a reply section says so. */
import type { UpstreamAnswer } from '../../../src/dnssec/walk.ts'
import { questionKey } from '../../../src/dnssec/walk.ts'
import { ZoneSet } from '../../../src/resolver/fixture/zone-set.ts'
import { RRType, rrTypeFromName } from '../../../src/wire/codes/rrtype.ts'
import { parseRecord } from '../../../src/wire/master-file/parse.ts'
import { type Message, encodeMessage, parseMessage } from '../../../src/wire/message.ts'
import { Name } from '../../../src/wire/name.ts'
import type { Question, ResourceRecord } from '../../../src/wire/record.ts'
import { rcodeFromName } from './names.ts'
import { type Line, type ReplySection, type Scenario, at, fail, questionFrom } from './parse.ts'
import { expandMacros } from './body.ts'
import { type ScenarioZone, coveredType, recordsAt } from './zones.ts'

export type Upstream = (question: Question) => UpstreamAnswer

export function createUpstream(scenario: Scenario, zones: readonly ScenarioZone[]): Upstream {
  const set = new ZoneSet(zones.filter(({ served }) => served).map(({ records }) => records))
  const changed = new Map(scenario.replies.map((reply) => [questionKey(reply.question), reply]))
  const given = new Map<string, UpstreamAnswer>()
  return (question) => {
    const key = questionKey(question)
    const answer = given.get(key) ?? throughTheWire(answerTo(question, changed.get(key), set, zones))
    given.set(key, answer)
    return answer
  }
}

function answerTo(
  question: Question,
  reply: ReplySection | undefined,
  set: ZoneSet,
  zones: readonly ScenarioZone[],
): Message | UpstreamAnswer {
  const honest = set.answer(question)
  return reply === undefined ? honest : changeReply(reply, honest, set, zones)
}

/** So that the validator sees nothing that a message cannot hold. */
function throughTheWire(answer: Message | UpstreamAnswer): UpstreamAnswer {
  if (!('questions' in answer)) return answer
  return { kind: 'message', message: parseMessage(encodeMessage(answer)), upstream: 'scenario' }
}

type Section = 'answer' | 'authority' | 'additional'

interface Draft {
  rcode: number
  readonly sections: Record<Section, ResourceRecord[]>
  failure: UpstreamAnswer | undefined
}

function changeReply(
  reply: ReplySection,
  honest: Message,
  set: ZoneSet,
  zones: readonly ScenarioZone[],
): Message | UpstreamAnswer {
  const draft: Draft = { rcode: honest.rcode, sections: sectionsOf(honest), failure: undefined }
  for (const line of reply.body) {
    if (line.text.trim() === '' || /^\s*[;#]/.test(line.text)) continue
    at(line, () => change(draft, line, set, zones))
  }
  return draft.failure ?? { ...honest, rcode: draft.rcode, ...draft.sections }
}

function change(draft: Draft, line: Line, set: ZoneSet, zones: readonly ScenarioZone[]): void {
  const words = line.text.trim().split(/\s+/)
  const [verb, ...rest] = words
  switch (verb) {
    case 'use': {
      const message = set.answer(questionFrom(rest.join(' ')))
      draft.rcode = message.rcode
      Object.assign(draft.sections, sectionsOf(message))
      return
    }
    case 'empty':
      Object.assign(draft.sections, { answer: [], authority: [], additional: [] })
      return
    case 'rcode':
      draft.rcode = rcodeFromName(rest[0]!)
      return
    case 'fail':
      draft.failure = {
        kind: 'failure',
        cause: rest[0] as Extract<UpstreamAnswer, { kind: 'failure' }>['cause'],
        detail: 'the scenario says so',
        upstream: 'scenario',
      }
      return
    case 'reverse':
      for (const section of SECTIONS) draft.sections[section].reverse()
      return
    case 'double':
      for (const section of SECTIONS) draft.sections[section].push(...draft.sections[section])
      return
    case 'upper-case':
      for (const section of SECTIONS) draft.sections[section] = draft.sections[section].map(inUpperCase)
      return
    case 'record': {
      const section = sectionFrom(rest[0])
      const text = line.text.slice(line.text.indexOf(rest[0]!) + rest[0]!.length)
      draft.sections[section].push(parseRecord(text.trim(), { origin: Name.root, defaultTtl: 3600 }))
      return
    }
    case 'add':
      add(draft, line, zones)
      return
    case 'remove':
    case 'ttl':
    case 'rename':
    case 'move':
      edit(draft, verb, rest)
      return
    default:
      throw fail(line, `'${verb}' is no change of a reply`)
  }
}

/** `add SECTION ZONE OWNER TYPE [as NEWOWNER] [rrsig-only|unsigned]` */
function add(draft: Draft, line: Line, zones: readonly ScenarioZone[]): void {
  const [, sectionText, label] = line.text.trim().split(/\s+/)
  const zone = zones.find((candidate) => candidate.label === label)
  if (zone === undefined) throw fail(line, `there is no zone ${label}`)
  const [owner, type, ...rest] = expandMacros(line, zone.section.options).trim().split(/\s+/).slice(3)
  const number = typeFrom(type)
  const found = recordsAt(zone, Name.parse(owner!, zone.apex), number).filter(
    (record) =>
      !(rest.includes('rrsig-only') && record.type === number) &&
      !(rest.includes('unsigned') && record.type !== number),
  )
  if (found.length === 0) throw fail(line, 'there are no such records')
  const as = rest.indexOf('as')
  const name = as < 0 ? undefined : Name.parse(rest[as + 1]!, zone.apex)
  const renamed = name === undefined ? found : found.map((record) => ({ ...record, name }))
  draft.sections[sectionFrom(sectionText)].push(...renamed)
}

/**
 * `remove SECTION OWNER TYPE [rrsig-only|records-only]`, `ttl SECTION OWNER TYPE SECONDS`, `rename SECTION OWNER TYPE
 * NEWOWNER`, `move SECTION OWNER TYPE NEWSECTION`; OWNER may be `any`, meaning every owner.
 */
function edit(draft: Draft, verb: string, words: readonly string[]): void {
  const [sectionText, owner, typeText, argument] = words
  const section = sectionFrom(sectionText)
  const type = typeFrom(typeText)
  const name = owner === 'any' ? undefined : Name.parse(owner!)
  const fits = (record: ResourceRecord): boolean => {
    if (name !== undefined && !record.name.equals(name)) return false
    if (argument === 'rrsig-only') return coveredType(record) === type
    return record.type === type || (argument !== 'records-only' && coveredType(record) === type)
  }
  const records = draft.sections[section]
  if (!records.some(fits)) throw new Error('there are no such records')
  switch (verb) {
    case 'remove':
      draft.sections[section] = records.filter((record) => !fits(record))
      return
    case 'ttl':
      draft.sections[section] = records.map((record) => (fits(record) ? { ...record, ttl: Number(argument) } : record))
      return
    case 'rename': {
      const renamed = Name.parse(argument!)
      draft.sections[section] = records.map((record) => (fits(record) ? { ...record, name: renamed } : record))
      return
    }
    default:
      draft.sections[section] = records.filter((record) => !fits(record))
      draft.sections[sectionFrom(argument)].push(...records.filter(fits))
  }
}

/** The owner in upper case, and the names in RDATA of types that may be compressed: what a server may do to them. */
function inUpperCase(record: ResourceRecord): ResourceRecord {
  const upper = (octets: Uint8Array): Uint8Array =>
    octets.map((octet) => (octet >= 0x61 && octet <= 0x7a ? octet - 0x20 : octet))
  const wholeName = record.type === RRType.CNAME || record.type === RRType.NS || record.type === RRType.DNAME
  const rdata = wholeName ? upper(record.rdata) : record.rdata
  return { ...record, name: Name.fromWire(upper(record.name.wire)), rdata }
}

function sectionsOf({ answer, authority, additional }: Message): Record<Section, ResourceRecord[]> {
  return { answer: [...answer], authority: [...authority], additional: [...additional] }
}

function sectionFrom(text: string | undefined): Section {
  const section = SECTIONS.find((known) => known === text)
  if (section === undefined) throw new Error(`'${text}' is not a section`)
  return section
}

function typeFrom(text: string | undefined): number {
  const type = text === undefined ? undefined : rrTypeFromName(text)
  if (type === undefined) throw new Error(`'${text}' is not an RR type`)
  return type
}

const SECTIONS: readonly Section[] = ['answer', 'authority', 'additional']
