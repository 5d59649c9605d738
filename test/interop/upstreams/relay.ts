import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket as TcpSocket } from 'node:net'
import { freePort } from '../peers/ports.ts'

/** The ways back to who asked. */
interface Hand {
  /** From the port that was asked. */
  back(octets: Uint8Array): void
  /** From another port. */
  elsewhere(octets: Uint8Array): void
  /** Does something after a time, unless the relay has ended. */
  later(milliseconds: number, what: () => void): void
}

/** What becomes of one datagram of an answer. */
export type Trouble = (answer: Uint8Array, hand: Hand) => void

/** Stands before a server on 127.0.0.1 and passes datagrams on, answers as its trouble has it; TCP as it is, or not. */
export class Relay implements AsyncDisposable {
  readonly port: number
  readonly #front: Socket
  readonly #side: Socket
  readonly #behind = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #streams: Server | undefined
  readonly #connections = new Set<TcpSocket>()

  static async start(to: number, tcp: boolean, trouble: Trouble): Promise<Relay> {
    const port = await freePort()
    const [front, side] = [createSocket('udp4'), createSocket('udp4')]
    const listening = [front, side].map((socket) => once(socket, 'listening'))
    front.bind(port, '127.0.0.1')
    side.bind(0, '127.0.0.1')
    await Promise.all(listening)
    return new Relay(front, side, to, tcp, trouble)
  }

  private constructor(front: Socket, side: Socket, to: number, tcp: boolean, trouble: Trouble) {
    if (tcp) this.#streams = this.#passStreams(to, front.address().port)
    this.port = front.address().port
    this.#front = front
    this.#side = side
    front.on('message', (query, { port }) => {
      const behind = createSocket('udp4')
      this.#behind.add(behind)
      behind.on('error', () => undefined)
      const hand: Hand = {
        back: (octets) => front.send(octets, port, '127.0.0.1'),
        elsewhere: (octets) => side.send(octets, port, '127.0.0.1'),
        later: (milliseconds, what) => this.#later(milliseconds, what),
      }
      behind.on('message', (answer) => trouble(answer, hand))
      behind.send(query, to, '127.0.0.1')
    })
    // Who asked may be gone.
    for (const socket of [front, side]) socket.on('error', () => undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const socket of this.#behind) socket.close()
    for (const socket of this.#connections) socket.destroy()
    this.#streams?.close()
    await Promise.all([this.#front, this.#side].map((socket) => new Promise<void>((done) => socket.close(done))))
  }

  #passStreams(to: number, port: number): Server {
    const server = createServer((front) => {
      const behind = connect(to, '127.0.0.1')
      for (const [socket, other] of [
        [front, behind],
        [behind, front],
      ] as const) {
        this.#connections.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => other.destroy())
        socket.pipe(other)
      }
    })
    return server.listen(port, '127.0.0.1')
  }

  #later(milliseconds: number, what: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      what()
    }, milliseconds)
    this.#timers.add(timer)
  }
}
