import { EventEmitter } from 'node:events'
import type { Lookup } from '../../dane/lookup.ts'
import { DanelawError } from '../../errors.ts'
import { NODEMAILER_LIMITS, within } from '../../limits.ts'
import { Resolver } from '../../resolver/resolver.ts'
import type { ResolverOptions } from '../../resolver/settings.ts'
import { Slots } from '../../resolver/slots.ts'
import { RRType } from '../../wire/codes/rrtype.ts'
import { Name } from '../../wire/name.ts'
import { parseMailbox } from '../address.ts'
import { checkSettings } from '../connection-settings.ts'
import { type DeliverOptions, deliver, type OutgoingMessage } from '../delivery.ts'
import { readDsn } from './dsn.ts'
import { ConnectionPool } from '../pool.ts'
import type { ComposedMail } from './mail.ts'
import { type SentInfo, sentInfo } from './result.ts'
import { type Spooled, spool } from './spool.ts'
import { abortError, type TransportError, transportError } from './transport-error.ts'

/** How mail is delivered: the options of `deliver`, and those of the transport. */
export interface DaneTransportOptions extends Omit<DeliverOptions, 'from' | 'to' | 'policy' | 'resolver' | 'signal'> {
  /** What finds hosts, which stays open; or options for one that the transport makes, and closes with itself. */
  readonly resolver?: Lookup | ResolverOptions
  /** In place of `resolver`: `upstreams` of one that is made. */
  readonly upstreams?: NonNullable<ResolverOptions['upstreams']>
  /** A composed message may have so many octets; default 256 MiB. */
  readonly messageOctets?: number
  /** What is longer goes to a temporary file; default 1 MiB. */
  readonly memoryOctets?: number
  /** Messages composed and delivered at a time; default 16. Others wait for their turn. */
  readonly sends?: number
}

/** As nodemailer has it: with an error there is no info. */
type Callback = (error: TransportError | null, info: SentInfo) => void

/** A transport for nodemailer; to be made by `daneTransport`. */
export class DaneTransport extends EventEmitter {
  readonly name = 'danelaw'
  readonly version = '1'
  /** `sendMail({ signal })` calls a mail off at every point. */
  readonly supportsAbortSignal = true
  readonly #options: Omit<DeliverOptions, 'resolver'>
  readonly #resolver: Lookup
  /** To be closed. */
  readonly #own: Resolver | undefined
  readonly #pool: ConnectionPool | undefined
  readonly #limits: { readonly messageOctets: number; readonly memoryOctets: number; readonly sends: number }
  readonly #slots: Slots
  readonly #closing = new AbortController()
  /** Mails that have had their turn. */
  readonly #active = new Set<Promise<SentInfo>>()
  #closed: Promise<void> | undefined

  constructor(options: DaneTransportOptions) {
    super()
    const { resolver, upstreams, messageOctets, memoryOctets, sends, ...others } = options
    if (resolver !== undefined && upstreams !== undefined) {
      throw new TypeError('upstreams: belong into the resolver that is given')
    }
    checkSettings(others)
    this.#pool = others.pool === undefined ? new ConnectionPool() : undefined
    this.#options = this.#pool === undefined ? others : { ...others, pool: this.#pool }
    this.#limits = {
      messageOctets: within('messageOctets', NODEMAILER_LIMITS.messageOctets, messageOctets),
      memoryOctets: within('memoryOctets', NODEMAILER_LIMITS.memoryOctets, memoryOctets),
      sends: within('sends', NODEMAILER_LIMITS.sends, sends),
    }
    this.#slots = new Slots(this.#limits.sends)
    if (resolver !== undefined && 'query' in resolver) this.#resolver = resolver
    else {
      this.#own = new Resolver(resolver ?? (upstreams === undefined ? {} : { upstreams }))
      this.#resolver = this.#own
    }
  }

  /** Called by nodemailer. */
  send(mail: ComposedMail, callback: Callback): void {
    this.#send(mail).then(
      (info) => setImmediate(callback, null, info),
      (error) => setImmediate(callback as (error: TransportError) => void, error),
    )
  }

  /** Whether there is an upstream that answers, and whether its answers verify. */
  verify(): Promise<true>
  verify(callback: (error: Error | null, success: true) => void): void
  verify(callback?: (error: Error | null, success: true) => void): Promise<true> | undefined {
    const verified = this.#verify()
    if (callback === undefined) return verified
    verified.then(
      () => setImmediate(callback, null, true),
      (error) => setImmediate(callback, error, false as unknown as true),
    )
    return undefined
  }

  /** Whether the next message would be delivered at once. */
  isIdle(): boolean {
    return this.#closed === undefined && this.#active.size < this.#limits.sends
  }

  /** Lets what is being delivered come to its end; what waits for its turn fails. Resolves when all is closed. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #send(mail: ComposedMail): Promise<SentInfo> {
    const { signal } = mail.data
    if (isCalledOff(signal)) throw abortError(signal)
    if (this.#closing.signal.aborted) throw closedError()
    const waiting = signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, signal])
    if (!(await this.#slots.take(waiting))) throw isCalledOff(signal) ? abortError(signal) : closedError()
    const delivery = this.#deliver(mail, signal)
    this.#active.add(delivery)
    try {
      return await delivery
    } finally {
      this.#active.delete(delivery)
      this.#slots.release()
      if (this.isIdle()) this.emit('idle')
    }
  }

  async #deliver(mail: ComposedMail, signal: AbortSignal | undefined): Promise<SentInfo> {
    const messageId = mail.message.messageId()
    const envelope = readEnvelope(mail)
    const dsn = readDsn(mail.data.dsn, envelope.to)
    const { message, dispose } = await this.#spool(mail, signal)
    try {
      const start = performance.now()
      const outgoing: OutgoingMessage = {
        from: envelope.from === false ? null : envelope.from,
        to: envelope.to,
        content: message,
        ...dsn,
        // As nodemailer's own transport has it: whatever is true in JavaScript.
        requireTls: Boolean(mail.data.requireTLSExtensionEnabled),
      }
      const outcomes = await deliver(outgoing, {
        ...this.#options,
        resolver: this.#resolver,
        ...(signal !== undefined && { signal }),
      })
      const messageTime = Math.round(performance.now() - start)
      if (isCalledOff(signal) && outcomes.some(({ outcome }) => outcome !== 'delivered')) {
        throw Object.assign(abortError(signal), { outcomes })
      }
      return sentInfo(outcomes, { envelope, messageId, messageTime, messageSize: message.size })
    } catch (error) {
      throw isCalledOff(signal) && !('outcomes' in Object(error)) ? abortError(signal) : asTransportError(error)
    } finally {
      await dispose()
    }
  }

  async #spool(mail: ComposedMail, signal: AbortSignal | undefined): Promise<Spooled> {
    const stream = mail.message.createReadStream()
    const abort = (): void => void stream.destroy(abortError(signal))
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await spool(stream, this.#limits)
    } catch (error) {
      throw isCalledOff(signal) ? abortError(signal) : error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  async #verify(): Promise<true> {
    if (this.#closing.signal.aborted) throw closedError()
    const { status, reason } = await this.#resolver.query(Name.root, RRType.SOA)
    if (status === 'secure' || status === 'insecure') return true
    throw transportError('EDNS', `the root cannot be validated: ${reason.text}`)
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#active)
    this.#pool?.close()
    await this.#own?.close()
    this.emit('close')
  }
}

/** @throws {TransportError} `EENVELOPE` */
function readEnvelope({ message }: ComposedMail): { from: string | false; to: string[] } {
  const given = message.getEnvelope()
  const from = given.from === undefined || given.from === '' ? false : given.from
  const envelope = { from, to: [...given.to] }
  if (envelope.to.length === 0) throw transportError('EENVELOPE', 'No recipients defined', { command: 'API' })
  const check = (what: string, address: string): void => {
    try {
      parseMailbox(address)
    } catch (error) {
      if (!(error instanceof DanelawError)) throw error
      const recipient = what === 'recipient' ? { recipient: address } : {}
      const text = `Invalid ${what} ${JSON.stringify(address)}: ${error.message}`
      throw transportError('EENVELOPE', text, { command: 'API', cause: error, ...recipient })
    }
  }
  if (envelope.from !== false) check('sender', envelope.from)
  for (const address of envelope.to) check('recipient', address)
  return envelope
}

/** What `deliver` throws, in the shape that callers of nodemailer expect. */
function asTransportError(error: unknown): unknown {
  // What a mail asks of reports is checked where it is put into words.
  if ((error instanceof TypeError || error instanceof RangeError) && error.message.startsWith('dsn.')) {
    return transportError('EENVELOPE', `Invalid DSN ${error.message}`, { command: 'API', cause: error })
  }
  if (!(error instanceof DanelawError)) return error
  const code = error.code === 'bad-message' ? 'EMESSAGE' : error.code === 'no-upstream' ? 'EDNS' : 'ECONFIG'
  return transportError(code, error.message, { cause: error })
}

/** Anew each time: it may be raised while something is waited for. */
function isCalledOff(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

function closedError(): TransportError {
  return transportError('ECONNECTION', 'the transport is closed')
}
