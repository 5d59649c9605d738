import type { Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { peerChain } from '../dane/peer-chain.ts'
import { type RaceResult, race, type Unreached } from './race.ts'
import { Session, type SessionOptions } from './session.ts'
import type { Approval, SessionAction, SessionResult, SessionTimer } from './session-types.ts'
import { tlsParameters } from './tls-parameters.ts'

/** Milliseconds each wait may last. */
export type Timeouts = Readonly<Record<SessionTimer | 'connectTimeout', number>>

export interface ConnectionOptions<A extends Approval = Approval> {
  /** Those of one host, the best first: the first that answers is talked to. IPv4 or IPv6, at least one. */
  readonly addresses: readonly string[]
  readonly port: number
  /** Our end's address; by default the system chooses. */
  readonly localAddress?: string | undefined
  /** For SNI: a name in lower case without the final dot; null sends none. */
  readonly serverName: string | null
  /** Judges the peer by the certificates it sent, in DER and in its order; before the first octet goes to it. */
  readonly approve: (chain: readonly Uint8Array[]) => A
  readonly timeouts: Timeouts
  readonly signal?: AbortSignal | undefined
}

/** What was negotiated, as `node:tls` names it. */
interface TlsFacts {
  /** Such as `TLSv1.3`. */
  readonly protocol: string
  /** In the words of IANA's registry. */
  readonly cipher: string
}

export interface ConnectionReport<A extends Approval = Approval> {
  /** The one that was talked to; null where none answered. */
  readonly address: string | null
  /** Addresses that did not answer the call, in the order in which they failed. */
  readonly unreached: readonly Unreached[]
  /** What `approve` said about the peer; null where it was not asked. */
  readonly approval: A | null
  /** Null where the handshake did not come to its end. */
  readonly tls: TlsFacts | null
  readonly session: SessionResult
}

/**
 * Connects to a host, to the first of its addresses that answers, and holds the conversation. Everything the network
 * does is in the report; a rejection is what `approve` threw, and then the connection is gone. Nothing is resumed and
 * nothing is kept for later (RFC 7672 section 2.2: every connection is verified anew).
 */
export async function converse<A extends Approval>(
  talk: SessionOptions,
  options: ConnectionOptions<A>,
): Promise<ConnectionReport<A>> {
  const session = new Session(talk)
  const { addresses, port, localAddress, timeouts, signal } = options
  const raced = await race({ addresses, port, localAddress, connectTimeout: timeouts.connectTimeout, signal })
  return await new Promise((resolve, reject) => {
    new Connection(talk, session, options, raced, resolve, reject).open()
  })
}

class Connection<A extends Approval> {
  readonly #talk: SessionOptions
  readonly #session: Session
  readonly #options: ConnectionOptions<A>
  readonly #raced: RaceResult
  readonly #resolve: (report: ConnectionReport<A>) => void
  readonly #reject: (error: unknown) => void
  #socket: Socket | undefined
  #tls: TlsFacts | null = null
  #approval: A | null = null
  #timer: NodeJS.Timeout | undefined
  #step = -1
  #over = false
  /** What a connection that breaks means at this point. */
  #fall: (error?: Error) => void

  constructor(
    talk: SessionOptions,
    session: Session,
    options: ConnectionOptions<A>,
    raced: RaceResult,
    resolve: (report: ConnectionReport<A>) => void,
    reject: (error: unknown) => void,
  ) {
    this.#talk = talk
    this.#session = session
    this.#options = options
    this.#raced = raced
    this.#resolve = resolve
    this.#reject = reject
    this.#fall = (error) => {
      const why = error === undefined ? '' : `: ${reasonOf(error)}`
      this.#perform(() => this.#session.closed(`the connection is lost${why}`))
    }
  }

  open(): void {
    const { socket, unreached } = this.#raced
    if (this.#options.signal?.aborted === true) {
      socket?.destroy()
      this.#abort()
    } else if (socket === null) {
      this.#perform(() => this.#session.closed(unreached.map(({ text }) => text).join('; ')))
    } else {
      this.#talkOver(socket)
    }
  }

  #talkOver(socket: Socket): void {
    this.#socket = socket
    this.#options.signal?.addEventListener('abort', this.#abort, { once: true })
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
      for (const action of event()) {
        if (action.kind === 'write') this.#write(action.octets)
        else if (action.kind === 'start-tls') this.#startTls()
        else this.#finish(action.result, action.polite)
      }
      this.#windUp()
    } catch (error) {
      this.#cleanUp()
      this.#socket?.destroy()
      this.#reject(error)
    }
  }

  #write(octets: Uint8Array): void {
    this.#socket?.write(octets, (error) => {
      if (!error) this.#perform(() => this.#session.written())
    })
  }

  /** A timer belongs to one step of the session: a server that sends an octet now and then does not wind it up. */
  #windUp(): void {
    const { name, step } = this.#session.timer
    if (this.#over || step === this.#step) return
    this.#step = step
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#perform(() => this.#session.timedOut()), this.#options.timeouts[name])
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
      secure = connectTls({ socket: plain, ...tlsParameters(this.#talk.level, this.#options.serverName) })
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
    return this.#session.tlsEstablished(this.#approval)
  }

  #finish(session: SessionResult, polite: boolean): void {
    this.#cleanUp()
    const socket = this.#socket
    if (polite && socket !== undefined) {
      // The last words may wait for a server that does not read; nobody else waits for it.
      const timer = setTimeout(() => socket.destroy(), this.#options.timeouts.quitTimeout).unref()
      socket.once('close', () => clearTimeout(timer))
      socket.end(() => socket.destroy())
    } else {
      socket?.destroy()
    }
    const { address, unreached } = this.#raced
    this.#resolve({ address, unreached, tls: this.#tls, approval: this.#approval, session })
  }

  #cleanUp(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#abort)
  }
}

/** OpenSSL's reason where there is one: the whole message has addresses and source lines in it. */
function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
}
