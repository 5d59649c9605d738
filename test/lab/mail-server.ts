/** A mail server on a loopback address of its own, for tests: STARTTLS, a record of all octets, replies to order. */
import { once } from 'node:events'
import { type AddressInfo, type Server, createServer } from 'node:net'
import type { Credentials } from './certificates.ts'
import { type MailBehaviour, properBehaviour } from './mail/behaviour.ts'
import { type AcceptedMessage, MailSession } from './mail/session.ts'

export interface MailServerOptions {
  /** Its name, without the final dot. */
  readonly host: string
  readonly credentials: Credentials
  /** Default 127.0.0.1. */
  readonly address?: string
  /** Default 0, a free one. */
  readonly port?: number
  readonly behaviour?: Partial<MailBehaviour>
  /** Laid over the behaviour, asked anew for each connection. */
  readonly attack?: (host: string) => Partial<MailBehaviour>
}

export class MailServer {
  readonly host: string
  readonly address: string
  readonly port: number
  /** What it does unless attacked; may be replaced between connections. */
  behaviour: MailBehaviour
  /** Every connection so far, in order. */
  readonly sessions: MailSession[] = []
  /** Every message it took responsibility for. */
  readonly messages: AcceptedMessage[] = []
  readonly #server: Server

  /** Rejects with Node's error where the address and port cannot be bound. */
  static async start(options: MailServerOptions): Promise<MailServer> {
    const server = createServer({ allowHalfOpen: false })
    server.listen(options.port ?? 0, options.address ?? '127.0.0.1')
    await once(server, 'listening')
    return new MailServer(options, server)
  }

  private constructor(options: MailServerOptions, server: Server) {
    const { address, port } = server.address() as AddressInfo
    this.host = options.host
    this.address = address
    this.port = port
    this.behaviour = { ...properBehaviour(options.host, options.credentials), ...options.behaviour }
    this.#server = server
    server.on('connection', (socket) => {
      const behaviour = { ...this.behaviour, ...options.attack?.(options.host) }
      this.sessions.push(new MailSession(socket, behaviour, (message) => this.messages.push(message)))
    })
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}
