/** A DNS server on loopback, UDP and TCP on one port, whose every answer a test decides. */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { encodeMessage, type Message, parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { frame, FrameReader } from '../../src/resolver/transport/frames.ts'
import { type PlainUpstream, parseUpstream } from '../../src/resolver/upstream-spec.ts'

export interface UdpContext {
  readonly query: Message
  readonly from: RemoteInfo
  readonly socket: UdpSocket
  send(octets: Uint8Array): void
}
interface TcpContext {
  readonly query: Message
  readonly socket: Socket
  send(octets: Uint8Array): void
}
export interface Handlers {
  /** Whether the server's handlers see questions for the root's keys too, which it else answers by itself, signed. */
  probes?: boolean
  udp?: (context: UdpContext) => void
  tcp?: (context: TcpContext) => void
}

export class FakeServer implements AsyncDisposable {
  readonly spec: PlainUpstream
  /** Instead of DNS over TCP. */
  onConnection: ((socket: Socket) => void) | undefined
  /** Connections accepted so far. */
  connections = 0
  /** Every query in the order it came. */
  readonly queries: { readonly message: Message; readonly tcp: boolean; readonly port: number }[] = []
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #connections = new Set<Socket>()

  static async start(handlers: Handlers): Promise<FakeServer> {
    for (let attempt = 0; ; attempt++) {
      const udp = createSocket('udp4')
      udp.bind(0, '127.0.0.1')
      await once(udp, 'listening')
      const tcp = createServer()
      tcp.listen(udp.address().port, '127.0.0.1')
      try {
        await once(tcp, 'listening')
        return new FakeServer(udp, tcp, handlers)
      } catch (error) {
        // Another process holds the TCP port of that number.
        udp.close()
        if (attempt === 10) throw error
      }
    }
  }

  private constructor(udp: UdpSocket, tcp: Server, handlers: Handlers) {
    this.#udp = udp
    this.#tcp = tcp
    this.spec = plain(`127.0.0.1:${(tcp.address() as AddressInfo).port}`)
    udp.on('message', (octets, from) => {
      const query = parseMessage(octets)
      const probed = handlers.probes === true ? undefined : answerProbe(query)
      if (probed !== undefined) return udp.send(probed, from.port, from.address)
      this.queries.push({ message: query, tcp: false, port: from.port })
      handlers.udp?.({ query, from, socket: udp, send: (answer) => udp.send(answer, from.port, from.address) })
    })
    tcp.on('connection', (socket) => {
      this.#connections.add(socket)
      this.connections++
      socket.on('close', () => this.#connections.delete(socket))
      socket.on('error', () => undefined)
      if (this.onConnection !== undefined) return this.onConnection(socket)
      const frames = new FrameReader()
      socket.on('data', (chunk: Uint8Array) => {
        for (const octets of frames.push(chunk)) {
          const query = parseMessage(octets)
          const probed = handlers.probes === true ? undefined : answerProbe(query)
          if (probed !== undefined) {
            socket.write(frame(probed))
            continue
          }
          this.queries.push({ message: query, tcp: true, port: socket.remotePort ?? 0 })
          handlers.tcp?.({ query, socket, send: (answer) => socket.write(frame(answer)) })
        }
      })
    })
  }

  get openConnections(): number {
    return this.#connections.size
  }

  /** Ends all connections. */
  hangUp(): void {
    for (const socket of this.#connections) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp()
    await Promise.all([
      new Promise<void>((resolve) => this.#udp.close(() => resolve())),
      new Promise<void>((resolve) => this.#tcp.close(() => resolve())),
    ])
  }
}

/** A response to `query` in wire form: DO echoed, no records, NOERROR, but for what `changes` says. */
export function reply(query: Message, changes: Partial<Message> = {}): Uint8Array {
  return encodeMessage({
    ...query,
    response: true,
    recursionAvailable: true,
    answer: [],
    authority: [],
    additional: [],
    edns: { udpSize: 1232, extendedRcode: 0, version: 0, dnssecOk: true, options: [] },
    ...changes,
  })
}

/** The answer to a probe: keys of the root, and a signature, which nobody verifies here. */
export function answerProbe(query: Message): Uint8Array | undefined {
  const question = query.questions[0]
  if (question === undefined || !question.name.isRoot || question.type !== 48) return undefined
  return reply(query, { answer: [ROOT_KEY, ROOT_SIGNATURE] })
}

/** An A record of the name asked for. */
export function addressRecord(query: Message, lastOctet: number): ResourceRecord {
  const question = query.questions[0]!
  return { name: question.name, type: 1, class: 1, ttl: 300, rdata: Uint8Array.of(192, 0, 2, lastOctet) }
}

/** A response with that record and a signature, which nobody verifies here, but which shows that they pass. */
export function signedReply(query: Message, lastOctet = 1): Uint8Array {
  const record = addressRecord(query, lastOctet)
  return reply(query, { answer: [record, { ...record, type: 46, rdata: Uint8Array.of(0, 1, 8) }] })
}

/** A port on which nobody listens, neither UDP nor TCP. */
export async function closedPort(): Promise<PlainUpstream> {
  await using server = await FakeServer.start({})
  return server.spec
}

/** An upstream of plain DNS. */
function plain(text: string): PlainUpstream {
  const spec = parseUpstream(text)
  if (spec.kind !== 'plain') throw new Error(`${text} is not plain DNS`)
  return spec
}

export const ROOT_KEY: ResourceRecord = {
  ...{ name: Name.root, type: 48, class: 1, ttl: 60 },
  rdata: Uint8Array.of(1, 1, 3, 8, 1),
}
/** Of the type DNSKEY, by key 1. */
const ROOT_SIGNATURE: ResourceRecord = {
  ...{ name: Name.root, type: 46, class: 1, ttl: 60 },
  rdata: Uint8Array.of(0, 48, 8, 0, 0, 0, 0, 60, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0, 1),
}
