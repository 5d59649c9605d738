/** A recursive server on loopback, over UDP and TCP, with everything an attacker does to its answers. */
import { type RemoteInfo, type Socket as UdpSocket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { rrTypeFromName } from '../../src/wire/codes/rrtype.ts'
import { type Message, encodeMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import type { Question } from '../../src/wire/record.ts'
import { DnsAttacks } from './attack/dns-attacks.ts'
import type { ExtraReply, Plan } from './attack/plan.ts'
import { encodeForUdp, readQuery, replyTo } from './dns-reply.ts'

export interface DnsServerOptions {
  readonly answer: (question: Question) => Message
  readonly attacks?: DnsAttacks
  /** Milliseconds each answer takes; default 0. */
  readonly latency?: number
  /** Largest UDP reply in octets; default 1232. */
  readonly ednsSize?: number
}

/** One query as it arrived. */
export interface SeenQuery {
  readonly question: Question
  readonly transport: 'udp' | 'tcp'
  readonly id: number
  readonly dnssecOk: boolean
  readonly checkingDisabled: boolean
  /** The client's port. */
  readonly port: number
}

export class DnsServer {
  readonly address = '127.0.0.1'
  readonly port: number
  readonly attacks: DnsAttacks
  /** Milliseconds each answer takes. */
  latency: number
  /** Every query so far, in the order of arrival. */
  readonly seen: SeenQuery[] = []
  /** TCP connections accepted so far. */
  tcpConnections = 0
  readonly #options: DnsServerOptions
  readonly #udp: UdpSocket
  readonly #stranger: UdpSocket
  readonly #tcp: Server
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()

  static async start(options: DnsServerOptions): Promise<DnsServer> {
    const { tcp, udp } = await bindBoth()
    const stranger = createSocket('udp4')
    stranger.bind(0, '127.0.0.1')
    await once(stranger, 'listening')
    return new DnsServer(options, tcp, udp, stranger)
  }

  private constructor(options: DnsServerOptions, tcp: Server, udp: UdpSocket, stranger: UdpSocket) {
    this.#options = options
    this.#tcp = tcp
    this.#udp = udp
    this.#stranger = stranger
    this.port = udp.address().port
    this.attacks = options.attacks ?? new DnsAttacks()
    this.latency = options.latency ?? 0
    // A client that is gone is no concern of the server.
    udp.on('error', () => {})
    udp.on('message', (octets, client) => this.#onDatagram(octets, client))
    tcp.on('connection', (socket) => this.#onConnection(socket))
  }

  /** How often a question was asked, over either transport. */
  count(name?: string, type?: string): number {
    const wanted = name === undefined ? undefined : Name.parse(name)
    const number = type === undefined ? undefined : rrTypeFromName(type)
    return this.seen.filter(
      ({ question }) =>
        (wanted === undefined || question.name.equals(wanted)) && (number === undefined || question.type === number),
    ).length
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const socket of this.#sockets) socket.destroy()
    const closed = [once(this.#tcp, 'close'), once(this.#udp, 'close'), once(this.#stranger, 'close')]
    this.#tcp.close()
    this.#udp.close()
    this.#stranger.close()
    await Promise.all(closed)
  }

  #onDatagram(octets: Uint8Array, client: RemoteInfo): void {
    const send = (data: Uint8Array, from: ExtraReply['from']): void => {
      const socket = from === 'stranger' ? this.#stranger : this.#udp
      socket.send(data, client.port, client.address)
    }
    this.#serve(octets, 'udp', client.port, send, () => {})
  }

  #onConnection(socket: Socket): void {
    this.tcpConnections++
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let held: Buffer = Buffer.alloc(0)
    const send = (data: Uint8Array): void => {
      const length = Buffer.from([data.length >> 8, data.length & 0xff])
      if (socket.writable) socket.write(Buffer.concat([length, data]))
    }
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk])
      while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
        const end = 2 + held.readUInt16BE(0)
        this.#serve(held.subarray(2, end), 'tcp', socket.remotePort ?? 0, send, () => socket.destroy())
        held = held.subarray(end)
      }
    })
  }

  #serve(octets: Uint8Array, transport: 'udp' | 'tcp', port: number, send: Send, hangUp: () => void): void {
    const query = readQuery(octets)
    if (query === null) return
    if (query instanceof Uint8Array) {
      send(query, 'server')
      return
    }
    const { message, question } = query
    const { id, checkingDisabled } = message
    this.seen.push({ question, transport, id, dnssecOk: message.edns?.dnssecOk ?? false, checkingDisabled, port })
    const ednsSize = this.#options.ednsSize ?? 1232
    const honest = replyTo(query, this.#options.answer(question), ednsSize)
    const plan = this.attacks.plan({ id, question, transport }, honest)
    const size = transport === 'tcp' ? 0xffff : Math.max(512, Math.min(ednsSize, message.edns?.udpSize ?? 512))
    this.#after(this.latency + plan.delay, () => {
      for (const reply of plan.before) send(reply.octets, reply.from)
      const answer = encoded(plan, transport, size)
      if (answer !== null) send(answer, 'server')
      for (const reply of plan.after) send(reply.octets, reply.from)
      if (plan.hangUp) hangUp()
    })
  }

  #after(milliseconds: number, action: () => void): void {
    if (milliseconds <= 0) {
      action()
      return
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      action()
    }, milliseconds)
    this.#timers.add(timer)
  }
}

type Send = (octets: Uint8Array, from: ExtraReply['from']) => void

function encoded(plan: Plan, transport: 'udp' | 'tcp', size: number): Uint8Array | null {
  if (plan.octets !== null) return plan.octets
  if (plan.message === null) return null
  return transport === 'tcp' ? encodeMessage(plan.message) : encodeForUdp(plan.message, size)
}

/** One port that is free for both; the first that is free for TCP may be taken for UDP. */
async function bindBoth(): Promise<{ tcp: Server; udp: UdpSocket }> {
  for (let attempt = 0; ; attempt++) {
    const tcp = createServer()
    tcp.listen(0, '127.0.0.1')
    await once(tcp, 'listening')
    const udp = createSocket('udp4')
    udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1')
    try {
      await once(udp, 'listening')
      return { tcp, udp }
    } catch (error) {
      tcp.close()
      udp.close()
      if (attempt >= 10) throw error
    }
  }
}
