/** A client that says exactly what it is told, so that the lab's mail servers are tested without the SMTP client. */
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { type TLSSocket, connect as connectTls } from 'node:tls'
import type { MailServer } from '../lab/mail-server.ts'

export class MailClient {
  #socket: Socket
  #held = ''
  #wake: () => void = () => {}
  #ended = false

  static async connect(server: Pick<MailServer, 'address' | 'port'>): Promise<MailClient> {
    const socket = connect(server.port, server.address)
    await once(socket, 'connect')
    return new MailClient(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  /** Sends text as it stands, or nothing, and gives the next whole reply; what there is where the peer closes. */
  async say(text = ''): Promise<string> {
    if (text !== '') this.#socket.write(text, 'latin1')
    for (;;) {
      const reply = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.#held)?.[0] ?? (this.#ended ? this.#held : undefined)
      if (reply !== undefined) {
        this.#held = this.#held.slice(reply.length)
        return reply
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Octets received and not yet taken as a reply. */
  get left(): string {
    return this.#held
  }

  async startTls(servername?: string): Promise<TLSSocket> {
    this.#socket.removeAllListeners('data')
    const options = servername === undefined ? {} : { servername }
    const secured = connectTls({ socket: this.#socket, rejectUnauthorized: false, ...options })
    await once(secured, 'secureConnect')
    this.#socket = secured
    this.#listen(secured)
    return secured
  }

  close(): void {
    this.#socket.destroy()
  }

  #listen(socket: Socket): void {
    const wake = (): void => this.#wake()
    socket.on('data', (octets: Buffer) => {
      this.#held += octets.toString('latin1')
      wake()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#ended = true
      wake()
    })
  }
}
