/** One connection to a mail server of the lab: what was said on it, octet by octet, and the state of SMTP. */
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket, createSecureContext } from 'node:tls'
import type { Credentials } from '../certificates.ts'
import { type AuthDialogue, authDialogue } from './auth.ts'
import type { MailBehaviour, MailCommand, ScriptedReply } from './behaviour.ts'
import { type Envelope, MailInput, isLastChunk } from './input.ts'
import { usualReply } from './replies.ts'

/** Octets as they crossed the connection, inside TLS decrypted. */
export interface Exchange {
  readonly from: 'client' | 'server'
  readonly tls: boolean
  readonly octets: Buffer
}

/** What TLS came to. */
export interface TlsFacts {
  readonly protocol: string | null
  readonly cipher: string
  /** The name in SNI; null where the client sent none. */
  readonly sni: string | null
}

export interface AcceptedMessage extends Envelope {
  readonly data: Buffer
  readonly tls: TlsFacts | null
}

export class MailSession {
  readonly transcript: Exchange[] = []
  readonly commands: MailCommand[] = []
  /** Set once the handshake is done. */
  tls: TlsFacts | null = null
  /** SNI of the ClientHello, also where the handshake then failed. */
  sni: string | null = null
  /** Why the handshake failed, as Node says it. */
  tlsError: string | null = null
  closed = false
  readonly #behaviour: MailBehaviour
  readonly #accept: (message: AcceptedMessage) => void
  readonly #tcp: Socket
  #socket: Socket
  #input: MailInput
  #envelope: Envelope | null = null
  #auth: AuthDialogue | undefined
  /** Replies and what they set off, one after the other: a client may send many commands at once. */
  #work: Promise<void>
  readonly #waits = new Set<() => void>()

  constructor(socket: Socket, behaviour: MailBehaviour, accept: (message: AcceptedMessage) => void) {
    this.#behaviour = behaviour
    this.#accept = accept
    this.#tcp = socket
    this.#socket = socket
    this.#input = this.#newInput()
    socket.setNoDelay(true)
    if (behaviour.implicitTls) {
      this.#work = Promise.resolve()
      this.#startTls()
      this.#socket.once('secure', () => this.#enqueue(() => this.#onLine('CONNECT', '')))
      return
    }
    this.#listen(socket)
    this.#work = this.#onLine('CONNECT', '')
  }

  /** All octets of one side, before TLS or within. */
  octets(from: Exchange['from'], tls: boolean): Buffer {
    const parts = this.transcript.filter((exchange) => exchange.from === from && exchange.tls === tls)
    return Buffer.concat(parts.map(({ octets }) => octets))
  }

  destroy(): void {
    this.#socket.destroy()
    this.#tcp.destroy()
  }

  #listen(socket: Socket): void {
    socket.on('close', () => this.#onClose())
    socket.on('error', () => socket.destroy())
    socket.on('data', (octets: Buffer) => {
      this.transcript.push({ from: 'client', tls: socket instanceof TLSSocket, octets })
      this.#input.push(octets)
    })
  }

  #newInput(): MailInput {
    return new MailInput({
      line: (line) => this.#enqueue(() => this.#onLine(line.split(' ')[0]!.toUpperCase(), line)),
      data: (data, command) => this.#enqueue(() => this.#onData(data, command)),
    })
  }

  #enqueue(action: () => Promise<void>): void {
    this.#work = this.#work.then(() => (this.closed ? undefined : action()))
  }

  async #onLine(given: string, line: string): Promise<void> {
    // Lines behind AUTH are answers and no commands.
    const verb = this.#auth === undefined ? given : 'AUTH'
    const code = await this.#reply(verb, line)
    if (code !== 334) this.#auth = undefined
    if (verb === 'QUIT' || code === 421) return void this.#socket.end()
    if (verb === 'STARTTLS' && code === 220) return this.#startTls()
    if (verb === 'STARTTLS') this.#input.proceed('command')
    if (verb === 'DATA') this.#input.proceed(code === 354 ? 'dots' : 'command')
    if (verb === 'EHLO' || verb === 'HELO' || verb === 'RSET') this.#envelope = null
    if (code < 200 || code >= 300) return
    if (verb === 'MAIL') this.#envelope = { from: line, to: [] }
    if (verb === 'RCPT' && this.#envelope) this.#envelope = { ...this.#envelope, to: [...this.#envelope.to, line] }
  }

  async #onData(data: Buffer, command: string): Promise<void> {
    const envelope = this.#envelope
    const code = await this.#reply(command === '.' ? '.' : 'BDAT', command)
    if (command !== '.' && !isLastChunk(command)) return
    this.#envelope = null
    if (envelope !== null && code >= 200 && code < 300) this.#accept({ ...envelope, data, tls: this.tls })
  }

  /** Sends the scripted reply, else the usual one. Gives its code; 0 where nothing was sent. */
  async #reply(verb: string, line: string): Promise<number> {
    const tls = this.tls !== null
    const count = 1 + this.commands.filter((earlier) => earlier.verb === verb).length
    const command: MailCommand = { verb, line, tls, count }
    this.commands.push(command)
    const usual =
      verb === 'AUTH'
        ? this.#authReply(line)
        : usualReply(command, { behaviour: this.#behaviour, envelope: this.#envelope })
    const { octets, delay, close } = normalised(this.#behaviour.script(command) ?? usual)
    if (delay > 0) await this.#wait(delay)
    if (this.closed) return 0
    if (octets !== null) this.#send(withInjection(command, octets, this.#behaviour))
    if (close) this.#socket.end()
    return octets === null || close ? 0 : Number(octets.toString('latin1', 0, 3))
  }

  #authReply(line: string): string {
    const { auth } = this.#behaviour
    if (auth === undefined || !(this.#socket instanceof TLSSocket)) return '503 5.5.1 No AUTH here'
    const exported = (): Buffer =>
      (this.#socket as TLSSocket).exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    this.#auth ??= authDialogue(auth, this.#socket.getProtocol() === 'TLSv1.3' ? exported() : null)
    return this.#auth.reply(line)
  }

  #send(octets: Buffer): void {
    if (!this.#socket.writable) return
    this.transcript.push({ from: 'server', tls: this.#socket instanceof TLSSocket, octets })
    this.#socket.write(octets)
  }

  #startTls(): void {
    const plain = this.#socket
    const { handshake } = this.#behaviour
    plain.removeAllListeners('data')
    // Whatever the client sent ahead of the handshake is gone (RFC 3207 section 4.2).
    this.#input = this.#newInput()
    this.#envelope = null
    if (handshake === 'close') return void plain.end()
    if (handshake === 'garbage') return void plain.end(Buffer.alloc(64, 0x15))
    if (handshake === 'silent') return
    const secured = new TLSSocket(plain, {
      isServer: true,
      secureContext: contextFor(this.#behaviour.credentials, this.#behaviour),
      SNICallback: (name, done) => {
        this.sni = name
        done(null, contextFor(this.#behaviour.credentialsFor.get(name) ?? this.#behaviour.credentials, this.#behaviour))
      },
    })
    this.#socket = secured
    secured.on('secure', () => {
      this.tls = { protocol: secured.getProtocol(), cipher: secured.getCipher().name, sni: this.sni }
    })
    secured.on('tlsClientError', (error: Error) => {
      this.tlsError = error.message
    })
    secured.on('error', (error: Error) => {
      this.tlsError ??= error.message
      plain.destroy()
    })
    this.#listen(secured)
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#waits.delete(done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      this.#waits.add(done)
    })
  }

  #onClose(): void {
    this.closed = true
    for (const done of this.#waits) done()
  }
}

function normalised(scripted: ScriptedReply): { octets: Buffer | null; delay: number; close: boolean } {
  if (typeof scripted === 'string') return { octets: withCrlf(scripted), delay: 0, close: false }
  const { reply, delay = 0, close = false } = scripted
  if (reply === undefined) return { octets: null, delay, close }
  return { octets: typeof reply === 'string' ? withCrlf(reply) : Buffer.from(reply), delay, close }
}

function withCrlf(text: string): Buffer {
  return Buffer.from(`${text.split('\n').join('\r\n')}\r\n`, 'latin1')
}

function withInjection({ verb }: MailCommand, reply: Buffer, { inject }: MailBehaviour): Buffer {
  return verb === 'STARTTLS' && inject !== undefined ? Buffer.concat([reply, Buffer.from(inject, 'latin1')]) : reply
}

/** One context for the same credentials, unless the behaviour asks for a TLS of its own. */
function contextFor(credentials: Credentials, { tls }: MailBehaviour): SecureContext {
  const { key, cert } = credentials
  if (Object.keys(tls).length > 0) return createSecureContext({ key, cert, ...tls })
  let context = CONTEXTS.get(credentials)
  if (context === undefined) {
    context = createSecureContext({ key, cert })
    CONTEXTS.set(credentials, context)
  }
  return context
}

const CONTEXTS = new WeakMap<Credentials, SecureContext>()
