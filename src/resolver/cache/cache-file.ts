import { LRUCache } from 'lru-cache'
import { questionKey, type UpstreamAnswer } from '../../dnssec/walk.ts'
import { DanelawError } from '../../errors.ts'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { Rcode } from '../../wire/codes/rcode.ts'
import { RRType } from '../../wire/codes/rrtype.ts'
import { type Message, parseMessage } from '../../wire/message.ts'
import { fromBase64, toBase64 } from '../../wire/presentation/encodings.ts'
import { readSoa } from '../../wire/rdata/target.ts'
import type { Question } from '../../wire/record.ts'
import { writeFile } from '../anchors/write-file.ts'
import { readText } from '../read-text.ts'

export interface CacheFileOptions {
  readonly path: string
  /** Told where the file is of no use, with a sentence. */
  readonly warn: (message: string) => void
}

/**
 * Messages of upstreams kept in a file between runs, as they were received and when. None of it is believed: what the
 * file gives takes the place of an upstream's answer and is validated like one. Only messages with signatures are in
 * it, and each is used for its TTL at most.
 */
export class CacheFile {
  readonly #options: CacheFileOptions
  readonly #kept = new LRUCache<string, KeptMessage>({
    maxSize: RESOLVER_LIMITS.cacheFileOctets.value,
    sizeCalculation: ({ text, octets }) => OVERHEAD + (text?.length ?? 0) + 2 * (octets?.length ?? 0),
  })

  /** Reads the file. One that is missing is an empty one; one that is not what it should be is told of, once. */
  constructor(options: CacheFileOptions) {
    this.#options = options
    try {
      this.#load(readText(options.path, RESOLVER_LIMITS.cacheFileOctets.max))
    } catch (error) {
      if (!(error instanceof DanelawError)) throw error
      this.#kept.clear()
      if ((error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return
      options.warn(`the cache is not used: ${error.message}`)
    }
  }

  /** The message the file has for a question, with what is left of its TTLs at `now`, in Unix seconds. */
  take(question: Question, now: number): UpstreamAnswer | undefined {
    const key = questionKey(question)
    const kept = this.#kept.get(key)
    if (kept === undefined || !kept.loaded) return undefined
    const message = readKept(kept, key, now)
    if (message !== undefined) return { kind: 'message', message, upstream: `the cache ${this.#options.path}` }
    if (now >= kept.time) this.#kept.delete(key)
    return undefined
  }

  /** Keeps a message that has just been received. */
  keep(question: Question, octets: Uint8Array, now: number): void {
    this.#kept.set(questionKey(question), { time: now, octets: octets.slice(), text: undefined, loaded: false })
  }

  /** Gives them no more in this run. What of them is still good is written again. */
  suspend(questions: Iterable<Question>): void {
    for (const question of questions) {
      const kept = this.#kept.get(questionKey(question))
      if (kept !== undefined) kept.loaded = false
    }
  }

  /** Throws away what came to nothing. */
  reject(questions: Iterable<Question>): void {
    for (const question of questions) this.#kept.delete(questionKey(question))
  }

  clear(): void {
    this.#kept.clear()
  }

  /** Writes what is still of use at `now` in place of the file, as a whole. */
  save(now: number): void {
    const lines = [HEADER]
    let length = HEADER.length + 1
    for (const [key, kept] of this.#kept.entries()) {
      if (readKept(kept, key, now) === undefined) continue
      const { time, octets } = kept
      const line = JSON.stringify({ time, key: toBase64(latin1(key)), message: kept.text ?? toBase64(octets!) })
      length += line.length + 1
      if (length > RESOLVER_LIMITS.cacheFileOctets.value) break
      lines.push(line)
    }
    try {
      writeFile(this.#options.path, `${lines.join('\n')}\n`)
    } catch (error) {
      if (!(error instanceof DanelawError)) throw error
      this.#options.warn(`the cache is not kept: ${error.message}`)
    }
  }

  #load(text: string): void {
    const [header, ...lines] = text.split('\n')
    const file = this.#options.path
    if (header !== HEADER) throw new DanelawError('file', 'is not a cache of danelaw', { place: { file } })
    if (lines.pop() !== '') throw new DanelawError('file', 'ends in the middle of a line', { place: { file } })
    // The first that was written was used last.
    for (let at = lines.length - 1; at >= 0; at--) {
      const entry = readLine(lines[at]!)
      if (entry === undefined) {
        throw new DanelawError('file', 'is not a line of a cache', { place: { file, line: at + 2 } })
      }
      this.#kept.set(entry.key, { time: entry.time, text: entry.message, octets: undefined, loaded: true })
    }
  }
}

interface KeptMessage {
  /** Unix seconds at which it was received. */
  readonly time: number
  /** As it stands in the file, in base64; it is read when it is used, if it ever is. */
  readonly text: string | undefined
  readonly octets: Uint8Array | undefined
  /** From the file, and not found wanting yet. */
  loaded: boolean
}

/** The message as of `now`, if it is one that answers the question and may be used. */
function readKept({ time, text, octets }: KeptMessage, key: string, now: number): Message | undefined {
  const wire = octets ?? fromBase64(text!)
  if (wire === undefined || now < time) return undefined
  try {
    const message = parseMessage(wire)
    const [question, ...more] = message.questions
    const usable = message.response && !message.truncated && USABLE.has(message.rcode)
    if (!usable || question === undefined || more.length > 0 || questionKey(question) !== key) return undefined
    // What nobody signed, nobody could validate again.
    if (!message.answer.concat(message.authority).some(({ type }) => type === RRType.RRSIG)) return undefined
    return aged(message, now - time)
  } catch (error) {
    if (error instanceof DanelawError) return undefined
    throw error
  }
}

/** Undefined where some record of it is over. */
function aged(message: Message, seconds: number): Message | undefined {
  const records = [...message.answer, ...message.authority]
  let life: number = RESOLVER_LIMITS.maximumTtl.value
  for (const { type, ttl, rdata } of records) {
    life = Math.min(life, ttl)
    // RFC 2308 section 5: the minimum is the TTL of the denial, and passes with time like one.
    if (type === RRType.SOA) life = Math.min(life, readSoa(rdata).minimum)
  }
  if (seconds >= life) return undefined
  const older = (section: Message['answer']) => section.map((record) => ({ ...record, ttl: life - seconds }))
  return { ...message, answer: older(message.answer), authority: older(message.authority), additional: [] }
}

function readLine(line: string): { time: number; key: string; message: string } | undefined {
  try {
    const { time, key, message } = JSON.parse(line) as Record<string, unknown>
    if (!Number.isSafeInteger(time) || typeof key !== 'string' || typeof message !== 'string') return undefined
    const octets = fromBase64(key)
    if (octets === undefined || octets.length > MAX_KEY) return undefined
    return { time: time as number, key: String.fromCharCode(...octets), message }
  } catch {
    return undefined
  }
}

/** One octet a character, as keys of names have them. */
function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

const HEADER = '{"format":"danelaw cache","version":1}'
const USABLE: ReadonlySet<number> = new Set([Rcode.NOERROR, Rcode.NXDOMAIN])
const OVERHEAD = 512
/** Type, class and a name. */
const MAX_KEY = 300
