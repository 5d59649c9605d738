import type { Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { peerChain } from '../dane/peer-chain.ts'
import type { ConnectionOptions, ConnectionReport, TlsFacts } from './connection-types.ts'
import type { Mail } from './envelope.ts'
import type { IdleConnection } from './pool.ts'
import type { RaceResult } from './race.ts'
import type { Session, SessionOptions } from './session.ts'
import type { Approval, ContentAction, SessionAction, SessionResult } from './session-types.ts'
import { tlsParameters } from './tls-parameters.ts'

/** One mail, or none, on its way over a connection. */
interface Run<A extends Approval> {
  readonly options: ConnectionOptions<A>
  readonly reused: boolean
  readonly resolve: (report: ConnectionReport<A>) => void
  readonly reject: (error: unknown) => void
}

/** A connection to a mail server, from the first octet to the last, and the session that talks over it. */
export class LiveConnection<A extends Approval> implements IdleConnection {
  readonly madeAt = performance.now()
  mails = 0
  readonly #session: Session
  readonly #talk: SessionOptions
  readonly #raced: RaceResult
  readonly #localAddress: string | null
  #options: ConnectionOptions<A>
  /** Undefined while it waits for another mail. */
  #run: Run<A> | undefined
  #socket: Socket | undefined
  #tls: TlsFacts | null = null
  #approval: A | null = null
  #timer: NodeJS.Timeout | undefined
  #step = -1
  #over = false
  /** Writes that the system has not taken yet, and who waits for it. */
  #unwritten = 0
  #wake: () => void = () => undefined
  /** What a connection that breaks means at this point. */
  #fall: (error?: Error) => void

  constructor(session: Session, talk: SessionOptions, options: ConnectionOptions<A>, raced: RaceResult) {
    this.#session = session
    this.#talk = talk
    this.#options = options
    this.#raced = raced
    this.#localAddress = raced.socket?.localAddress ?? null
    this.#fall = (error) => {
      const why = error === undefined ? '' : `: ${reasonOf(error)}`
      this.#perform(() => this.#session.closed(`the connection is lost${why}`))
    }
  }

  /** Holds the conversation. Rejects with what `approve` threw. */
  start(): Promise<ConnectionReport<A>> {
    return this.#begin(false, () => {
      const { socket, unreached } = this.#raced
      if (this.#options.signal?.aborted === true) {
        socket?.destroy()
        this.#abort()
      } else if (socket === null) {
        this.#perform(() => this.#session.closed(unreached.map(({ text }) => text).join('; ')))
      } else {
        this.#talkOver(socket)
      }
    })
  }

  /** Goes on with another mail. Only for one that waits. */
  resume(mail: Mail, options: ConnectionOptions<A>): Promise<ConnectionReport<A>> {
    this.#options = options
    this.#socket?.ref()
    return this.#begin(true, () => {
      if (options.signal?.aborted === true) this.#abort()
      else this.#perform(() => this.#session.take(mail))
    })
  }

  /** Whether it was made for the same purpose, as far as that can be seen from here. */
  isFor(talk: SessionOptions, { port, serverName, tlsMinimum }: ConnectionOptions<A>): boolean {
    const options = this.#options
    return (
      this.#talk.level === talk.level &&
      this.#talk.credentials === talk.credentials &&
      this.#talk.implicitTls === talk.implicitTls &&
      options.port === port &&
      options.serverName === serverName &&
      options.tlsMinimum === tlsMinimum
    )
  }

  /** Takes leave, where it waits for another mail. */
  close(): void {
    this.#perform(() => this.#session.leave())
  }

  #begin(reused: boolean, act: () => void): Promise<ConnectionReport<A>> {
    return new Promise((resolve, reject) => {
      this.#run = { options: this.#options, reused, resolve, reject }
      if (this.#talk.mail !== undefined) this.mails++
      this.#options.signal?.addEventListener('abort', this.#abort, { once: true })
      act()
    })
  }

  #talkOver(socket: Socket): void {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('error', (error) => this.#fall(error))
    socket.once('close', () => this.#fall())
    socket.on('data', this.#hear).once('end', this.#hungUp)
    this.#perform(() => this.#session.connected(socket.localAddress ?? ''))
    if (socket.destroyed) this.#fall(socket.errored ?? undefined)
  }

  readonly #hear = (octets: Buffer): void => this.#perform(() => this.#session.received(octets))

  readonly #hungUp = (): void => this.#perform(() => this.#session.closed())

  readonly #abort = (): void => this.#perform(() => this.#session.aborted())

  /** Lets the session react to an event, and does what it asks for. */
  #perform(event: () => SessionAction[]): void {
    if (this.#over) return
    try {
      for (const action of event()) this.#do(action)
      this.#windUp()
    } catch (error) {
      const run = this.#run
      this.#over = true
      this.#settle()
      this.#socket?.destroy()
      if (run === undefined) throw error
      run.reject(error)
    }
  }

  #do(action: SessionAction): void {
    if (action.kind === 'write') this.#write(action.octets)
    else if (action.kind === 'start-tls') this.#startTls()
    else if (action.kind === 'content') void this.#pump(action)
    else if (action.kind === 'idle') this.#wait(action.result)
    else this.#finish(action.result, action.polite)
  }

  #write(octets: Uint8Array): void {
    this.#unwritten++
    this.#socket?.write(octets, () => {
      this.#unwritten--
      if (this.#unwritten === 0) this.#wake()
    })
  }

  /** The next piece is asked for when the one before is on its way, so that only one is held. */
  async #pump(content: ContentAction): Promise<void> {
    try {
      for await (const piece of content.message.pieces()) {
        this.#perform(() => this.#session.piece(content, piece))
        if (this.#unwritten > 0) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        }
        if (this.#over) return
      }
      this.#perform(() => this.#session.contentEnd(content))
    } catch (error) {
      this.#perform(() => this.#session.contentFailed(content, error instanceof Error ? error.message : String(error)))
    }
  }

  /** A timer belongs to one step of the session: a server that sends an octet now and then does not wind it up. */
  #windUp(): void {
    const { name, step } = this.#session.timer
    if (this.#over || step === this.#step || this.#socket === undefined) return
    this.#step = step
    clearTimeout(this.#timer)
    if (name === null) return
    this.#timer = setTimeout(() => this.#perform(() => this.#session.timedOut()), this.#options.timeouts[name])
    if (this.#run === undefined) this.#timer.unref()
  }

  #startTls(): void {
    const plain = this.#socket!
    // From here on octets in the clear have no meaning. Those that are here already have been injected.
    plain.off('data', this.#hear).off('end', this.#hungUp)
    if (plain.readableLength > 0) {
      this.#perform(() => this.#session.received(Uint8Array.of(0)))
      return
    }
    this.#fall = (error) => {
      const why = error === undefined ? 'the server closed the connection' : reasonOf(error)
      if (this.#tls === null) this.#perform(() => this.#session.tlsFailed(`the TLS handshake failed: ${why}`))
      else this.#perform(() => this.#session.closed(`the connection is lost: ${why}`))
    }
    let secure: TLSSocket
    try {
      secure = connectTls({ socket: plain, ...tlsParameters(this.#talk.level, this.#options) })
    } catch (error) {
      this.#fall(error as Error)
      return
    }
    this.#socket = secure
    secure.on('error', (error) => this.#fall(error))
    secure.once('close', () => this.#fall())
    secure.once('secureConnect', () => this.#perform(() => this.#handshaken(secure)))
  }

  #handshaken(secure: TLSSocket): SessionAction[] {
    const cipher = secure.getCipher()
    this.#tls = { protocol: secure.getProtocol() ?? '', cipher: cipher.standardName ?? cipher.name }
    // A resumed session shows no certificate; none is ever offered, so that one here is a fault.
    if (secure.isSessionReused()) return this.#session.tlsFailed('the server resumed a TLS session nobody offered')
    const chain = peerChain(secure)
    this.#approval = this.#options.approve(chain)
    secure.on('data', this.#hear).once('end', this.#hungUp)
    return this.#session.tlsEstablished(this.#approval, channelBinding(secure))
  }

  /** The mail has its results; the connection goes into the pool, unless that is full or it has done enough. */
  #wait(session: SessionResult): void {
    const { reuse } = this.#options
    this.#socket?.unref()
    this.#settle(session)
    if (reuse?.pool.put(reuse.key, this) !== true) this.close()
  }

  #finish(session: SessionResult, polite: boolean): void {
    this.#over = true
    this.#options.reuse?.pool.remove(this)
    const socket = this.#socket
    if (polite && socket !== undefined) {
      // The last words may wait for a server that does not read; nobody else waits for it.
      const timer = setTimeout(() => socket.destroy(), this.#options.timeouts.quitTimeout).unref()
      socket.once('close', () => clearTimeout(timer))
      socket.end(() => socket.destroy())
    } else {
      socket?.destroy()
    }
    this.#settle(session)
  }

  /** Ends the run, with its report where there is one. */
  #settle(session?: SessionResult): void {
    const run = this.#run
    this.#run = undefined
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#wake()
    if (session === undefined) return
    const { address, unreached } = this.#raced
    run?.resolve({
      address,
      localAddress: this.#localAddress,
      unreached: run.reused ? [] : unreached,
      reused: run.reused,
      tls: this.#tls,
      approval: this.#approval,
      session,
    })
  }
}

/**
 * `tls-exporter` (RFC 9266 section 2): below TLS 1.3 it is unique only with the extended master secret, and whether that
 * was used cannot be seen here.
 */
function channelBinding(secure: TLSSocket): Uint8Array | null {
  if (secure.getProtocol() !== 'TLSv1.3') return null
  return secure.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
}

/** OpenSSL's reason where there is one: the whole message has addresses and source lines in it. */
function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
}
