/** The validator's upstream is an authoritative server that has every zone: its answers go in as they come. */
import type { CryptoEngine } from '../../../src/dnssec/crypto/engine.ts'
import type { ValidatedAnswer } from '../../../src/dnssec/status.ts'
import type { TrustAnchors } from '../../../src/dnssec/trust-anchors.ts'
import { validate } from '../../../src/dnssec/validate.ts'
import { questionKey, type UpstreamAnswer } from '../../../src/dnssec/walk.ts'
import type { ZoneMemory } from '../../../src/dnssec/zone-memory.ts'
import { DanelawError } from '../../../src/errors.ts'
import { Budget } from '../../../src/limits.ts'
import { drive } from '../../../src/resolver/driver.ts'
import { parseMessage } from '../../../src/wire/message.ts'
import type { Question } from '../../../src/wire/record.ts'
import { type DnsClient, dnssecQuery } from '../peers/dns-client.ts'

export interface Setting {
  /** Unix seconds. */
  readonly now: number
  readonly anchors: TrustAnchors
  readonly engine: CryptoEngine
}

/** Changes the octets of an answer on their way. */
export type Tamper = (question: Question, octets: Uint8Array) => Uint8Array

export class Authority {
  readonly name: string
  readonly #client: DnsClient
  readonly #setting: Setting
  readonly #answers = new Map<string, Promise<Uint8Array>>()

  constructor(name: string, client: DnsClient, setting: Setting) {
    this.name = name
    this.#client = client
    this.#setting = setting
  }

  /** The answer as it came, asked for once; its ID is 0. */
  octets(question: Question): Promise<Uint8Array> {
    // The question comes back as it was asked, so names that differ in case are not one.
    const key = `${question.name.toString()} ${question.type}`
    let answer = this.#answers.get(key)
    if (answer === undefined) {
      answer = this.#client.ask(dnssecQuery(question, true)).then((octets) => octets.fill(0, 0, 2))
      this.#answers.set(key, answer)
    }
    return answer
  }

  async validated(question: Question, memory?: ZoneMemory, tamper?: Tamper): Promise<ValidatedAnswer> {
    const context = { ...this.#setting, budget: new Budget(), memory, acceptSha1: true }
    const ask = async (asked: Question): Promise<UpstreamAnswer> => {
      const honest = await this.octets(asked)
      return read(asked, tamper === undefined ? honest : tamper(asked, honest))
    }
    return drive((complete) => validate(question, complete(context)), {
      aside: { idle: () => true, overdue: () => undefined },
      ask,
      timeout: 60_000,
      signal: new AbortController().signal,
    })
  }

  /** What the validator asked on the way to its verdict, in the order of the answers. */
  async asked(question: Question): Promise<readonly Question[]> {
    const all = new Map<string, Question>()
    await this.validated(question, undefined, (asked, octets) => {
      all.set(questionKey(asked), asked)
      return octets
    })
    return [...all.values()]
  }
}

/** What a resolver takes for the answer to its query (RFC 5452 section 9.1), whose ID is 0. */
function read(question: Question, octets: Uint8Array): UpstreamAnswer {
  const failed = (detail: string): UpstreamAnswer => {
    return { kind: 'failure', cause: 'malformed', detail, upstream: 'authority' }
  }
  try {
    const message = parseMessage(octets)
    const [asked] = message.questions
    const same = asked?.name.equals(question.name) && asked.type === question.type && asked.class === question.class
    if (!same || message.id !== 0 || !message.response || message.opcode !== 0) return failed('not an answer to this')
    return message.truncated ? failed('truncated') : { kind: 'message', message, upstream: 'authority' }
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return failed(error.message)
  }
}
