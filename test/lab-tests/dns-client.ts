/** The simplest of clients, so that the lab's server is tested without the resolver. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { RRClass } from '../../src/wire/codes/rrclass.ts'
import { rrTypeFromName } from '../../src/wire/codes/rrtype.ts'
import { type Message, encodeMessage, parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import type { DnsServer } from '../lab/dns-server.ts'

export interface TestQuery {
  readonly id?: number
  readonly dnssecOk?: boolean
  readonly checkingDisabled?: boolean
  /** No EDNS where null. */
  readonly udpSize?: number | null
}

export function query(name: string, type: string, options: TestQuery = {}): Uint8Array {
  const { id = 4711, dnssecOk = true, checkingDisabled = true, udpSize = 1232 } = options
  return encodeMessage({
    id,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    checkingDisabled,
    rcode: 0,
    questions: [{ name: Name.parse(name), type: rrTypeFromName(type)!, class: RRClass.IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: udpSize === null ? undefined : { udpSize, extendedRcode: 0, version: 0, dnssecOk, options: [] },
  })
}

/** Sends datagrams from one socket and waits for `count` replies; gives them with the port they came from. */
export async function askUdp(
  server: DnsServer,
  queries: Uint8Array | readonly Uint8Array[],
  count = 1,
): Promise<{ octets: Buffer; port: number }[]> {
  const socket = createSocket('udp4')
  try {
    const received: { octets: Buffer; port: number }[] = []
    const all = new Promise<void>((resolve) => {
      socket.on('message', (octets, { port }) => {
        received.push({ octets, port })
        if (received.length === count) resolve()
      })
    })
    for (const octets of queries instanceof Uint8Array ? [queries] : queries) {
      socket.send(octets, server.port, server.address)
    }
    await all
    return received
  } finally {
    socket.close()
  }
}

/** Sends queries over one connection and reads until as many replies came, or the connection is closed. */
export async function askTcp(server: DnsServer, ...queries: Uint8Array[]): Promise<Buffer[]> {
  const socket = connect(server.port, server.address)
  const replies: Buffer[] = []
  let held: Buffer = Buffer.alloc(0)
  await once(socket, 'connect')
  for (const octets of queries) {
    socket.write(Buffer.from([octets.length >> 8, octets.length & 0xff]))
    socket.write(octets)
  }
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      replies.push(held.subarray(2, 2 + held.readUInt16BE(0)))
      held = held.subarray(2 + held.readUInt16BE(0))
    }
    if (replies.length >= queries.length) socket.destroy()
  })
  await once(socket, 'close')
  return replies
}

export async function ask(server: DnsServer, name: string, type: string, options: TestQuery = {}): Promise<Message> {
  const [reply] = await askUdp(server, query(name, type, options))
  return parseMessage(reply!.octets)
}
