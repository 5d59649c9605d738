/**
 * A DNS server on loopback that answers in rounds: it holds all answers back until nothing more is asked, and then
 * gives them all at once. So round trips are counted, whatever the machine's speed.
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Message } from '../../src/wire/message.ts'
import type { Question } from '../../src/wire/record.ts'
import { rrTypeName } from '../../src/wire/codes/rrtype.ts'
import { encodeForUdp, readQuery, replyTo } from '../lab/dns-reply.ts'

export class RoundServer implements AsyncDisposable {
  /** How often answers were given so far. */
  rounds = 0
  /** `name. TYPE` of every question so far, in the order of arrival. */
  readonly asked: string[] = []
  readonly #socket: Socket
  readonly #answer: (question: Question) => Message
  #held: (() => void)[] = []
  #idle = 0

  static async start(answer: (question: Question) => Message): Promise<RoundServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new RoundServer(socket, answer)
  }

  private constructor(socket: Socket, answer: (question: Question) => Message) {
    this.#socket = socket
    this.#answer = answer
    socket.on('message', (octets, { port, address }) => {
      const query = readQuery(octets)
      if (query === null || query instanceof Uint8Array) return
      const { name, type } = query.question
      this.asked.push(`${name.toCanonicalString()} ${rrTypeName(type)}`)
      const reply = encodeForUdp(replyTo(query, this.#answer(query.question), 1232), query.message.edns?.udpSize ?? 512)
      this.#idle = 0
      if (this.#held.push(() => this.#socket.send(reply, port, address)) === 1) this.#turn()
    })
  }

  get upstream(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  /** Starts counting afresh. */
  reset(): void {
    this.rounds = 0
    this.asked.length = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#held = []
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }

  /** Client and server share one event loop: when it has turned idly often enough, everything asked has arrived. */
  #turn(): void {
    setImmediate(() => {
      if (this.#held.length === 0) return
      if (++this.#idle < IDLE_TURNS) return this.#turn()
      this.rounds++
      for (const send of this.#held.splice(0)) send()
    })
  }
}

const IDLE_TURNS = 50
