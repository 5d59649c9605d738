import type { ReasonCode } from '../../src/dnssec/reason.ts'
import { REASONS } from '../../src/dnssec/reason.ts'
import type { AliasStep, Failure, ValidatedAnswer } from '../../src/dnssec/status.ts'
import type { Lookup } from '../../src/dane/lookup.ts'
import { parseTlsaText } from '../../src/dane/tlsa-text.ts'
import { parseIpv4, parseIpv6 } from '../../src/wire/address.ts'
import { Rcode } from '../../src/wire/codes/rcode.ts'
import { RRType, rrTypeName } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { writeMx } from '../../src/wire/rdata/target.ts'
import { writeSrv } from '../../src/wire/rdata/service.ts'
import { writeTxt } from '../../src/wire/rdata/text.ts'
import { writeTlsa } from '../../src/wire/rdata/tlsa.ts'

/** What a scripted resolver answers to one question. */
export interface Scripted {
  readonly status: 'secure' | 'insecure' | 'bogus' | 'indeterminate'
  /** RDATA of the type asked for, in presentation form; `\#` and hexadecimal digits for what has none. */
  readonly data?: readonly string[]
  readonly rcode?: number
  /** Aliases in front: type, status and target of each. */
  readonly via?: readonly (readonly [AliasStep['type'], AliasStep['status'], string])[]
  readonly code?: ReasonCode
}

export const secure = (...data: string[]): Scripted => ({ status: 'secure', data })
export const insecure = (...data: string[]): Scripted => ({ status: 'insecure', data })
export const bogus: Scripted = { status: 'bogus', rcode: Rcode.SERVFAIL }
export const indeterminate: Scripted = { status: 'indeterminate', rcode: Rcode.SERVFAIL }
export const nxdomain = (status: 'secure' | 'insecure'): Scripted => ({ status, rcode: Rcode.NXDOMAIN })

/** A resolver that knows `'name TYPE'` entries and fails the test at any other question. */
export class ScriptedLookup implements Lookup {
  readonly #table: Map<string, Scripted>
  /** Questions in the order they were asked. */
  readonly asked: string[] = []

  constructor(table: Readonly<Record<string, Scripted>>) {
    this.#table = new Map(Object.entries(table))
  }

  /** What a question is answered with from now on. */
  set(key: string, scripted: Scripted): void {
    this.#table.set(key, scripted)
  }

  async query(name: Name, type: number): Promise<ValidatedAnswer> {
    const key = `${name.toCanonicalString().slice(0, -1)} ${rrTypeName(type)}`
    this.asked.push(key)
    const scripted = this.#table.get(key)
    if (scripted === undefined) throw new Error(`not scripted: ${key}`)
    return answerOf(name, type, scripted)
  }
}

function answerOf(name: Name, type: number, scripted: Scripted): ValidatedAnswer {
  const question = { name, type, class: 1 }
  const base = { question, rcode: scripted.rcode ?? Rcode.NOERROR, chain: [], spent: SPENT }
  if (scripted.status === 'bogus' || scripted.status === 'indeterminate') {
    const code = scripted.code ?? (scripted.status === 'bogus' ? 'signature-failed' : 'upstream-timeout')
    return { ...base, status: scripted.status, reason: failure(code, name, type) }
  }
  const records: ResourceRecord[] = []
  const aliases: AliasStep[] = []
  let owner = name
  for (const [kind, status, text] of scripted.via ?? []) {
    const target = Name.parse(text)
    aliases.push({ owner, target, type: kind, status })
    records.push({ name: owner, type: RRType.CNAME, class: 1, ttl: 300, rdata: target.wire })
    owner = target
  }
  for (const text of scripted.data ?? []) {
    records.push({ name: owner, type, class: 1, ttl: 300, rdata: rdataOf(type, text) })
  }
  const data = { ...base, records, aliases, canonicalName: owner, proofs: [], ttl: 300 }
  return scripted.status === 'secure'
    ? { ...data, status: 'secure', reason: null, validFrom: 0, validUntil: 2 ** 31 }
    : { ...data, status: 'insecure', reason: failure(scripted.code ?? 'insecure-delegation', name, type) }
}

function failure(code: ReasonCode, name: Name, type: number): Failure {
  return { code, ede: REASONS[code], text: `scripted ${code}`, at: { name, type }, advice: undefined }
}

function rdataOf(type: number, text: string): Uint8Array {
  if (text.startsWith('\\#')) return Uint8Array.from(Buffer.from(text.slice(2).trim(), 'hex'))
  switch (type) {
    case RRType.A:
      return parseIpv4(text)!
    case RRType.AAAA:
      return parseIpv6(text)!
    case RRType.CNAME:
      return Name.parse(text).wire
    case RRType.MX: {
      const [preference, exchange] = text.split(' ')
      return writeMx({ preference: Number(preference), exchange: Name.parse(exchange!) })
    }
    case RRType.TXT:
      return writeTxt([new TextEncoder().encode(text)])
    case RRType.SRV: {
      const [priority, weight, port, target] = text.split(' ')
      return writeSrv({
        priority: Number(priority),
        weight: Number(weight),
        port: Number(port),
        target: Name.parse(target!),
      })
    }
    case RRType.TLSA:
      return writeTlsa(parseTlsaText(text))
    default:
      throw new Error(`no scripted RDATA for ${rrTypeName(type)}`)
  }
}

const SPENT = { signatureChecks: 0, nsec3HashBlocks: 0, aliasSteps: 0, upstreamQuestions: 0, labelsWalked: 0 }
