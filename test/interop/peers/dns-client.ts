import { createSocket, type Socket } from 'node:dgram'
import { connect } from 'node:net'
import { encodeMessage } from '../../../src/wire/message.ts'
import type { Question } from '../../../src/wire/record.ts'

/** A query with RD and DO; its ID is 0. */
export function dnssecQuery(question: Question, checkingDisabled: boolean): Uint8Array {
  return encodeMessage({
    id: 0,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    checkingDisabled,
    rcode: 0,
    questions: [question],
    answer: [],
    authority: [],
    additional: [],
    edns: { udpSize: 4096, extendedRcode: 0, version: 0, dnssecOk: true, options: [] },
  })
}

/** Asks one server on 127.0.0.1 many things at once; over TCP where an answer is truncated. Octets in, octets out. */
export class DnsClient {
  readonly #socket: Socket
  readonly #port: number
  readonly #open = new Map<number, Waiting>()
  #nextId = 0

  constructor(port: number) {
    this.#port = port
    this.#socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
    this.#socket.on('message', (octets) => this.#receive(octets))
  }

  /** The ID of the query is set here, and is that of the answer. Rejects after five attempts. */
  async ask(query: Uint8Array): Promise<Uint8Array> {
    do this.#nextId = (this.#nextId + 1) & 0xffff
    while (this.#open.has(this.#nextId))
    const id = this.#nextId
    const octets = Uint8Array.from(query)
    octets.set([id >>> 8, id & 0xff])
    const answer = await new Promise<Uint8Array>((resolve, reject) => {
      let attempts = 0
      const send = (): void => {
        if (attempts++ === ATTEMPTS) this.#settle(id, () => reject(new Error(`no answer from port ${this.#port}`)))
        else this.#socket.send(octets, this.#port, '127.0.0.1')
      }
      const timer = setInterval(send, PATIENCE)
      this.#open.set(id, { timer, resolve })
      send()
    })
    const truncated = (answer[2]! & 0x02) !== 0
    return truncated ? overTcp(octets, this.#port) : answer
  }

  close(): void {
    for (const { timer } of this.#open.values()) clearInterval(timer)
    this.#socket.close()
  }

  #receive(octets: Uint8Array): void {
    const id = (octets[0]! << 8) | octets[1]!
    const waiting = this.#open.get(id)
    if (waiting !== undefined) this.#settle(id, () => waiting.resolve(Uint8Array.from(octets)))
  }

  #settle(id: number, end: () => void): void {
    clearInterval(this.#open.get(id)!.timer)
    this.#open.delete(id)
    end()
  }
}

interface Waiting {
  readonly timer: NodeJS.Timeout
  readonly resolve: (octets: Uint8Array) => void
}

function overTcp(query: Uint8Array, port: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const chunks: Buffer[] = []
    socket.once('error', reject)
    socket.once('connect', () => socket.write(Uint8Array.of(query.length >>> 8, query.length & 0xff, ...query)))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      const received = Buffer.concat(chunks)
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      socket.destroy()
      resolve(Uint8Array.from(received.subarray(2)))
    })
    socket.once('end', () => reject(new Error(`the server on port ${port} ended the connection`)))
  })
}

/** Milliseconds before a query is repeated, and how often it goes out. */
const PATIENCE = 3_000
const ATTEMPTS = 5
