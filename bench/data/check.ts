/** The lab with a recursive server that counts octets and takes its time, and checks of one of the lab's domains. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { checkDomain } from '../../src/cli/check-domain.ts'
import { questionKey } from '../../src/dnssec/walk.ts'
import { Resolver } from '../../src/resolver/resolver.ts'
import type { Message } from '../../src/wire/message.ts'
import { encodeForUdp, readQuery, replyTo } from '../../test/lab/dns-reply.ts'
import { type Lab, startLab } from '../../test/lab/index.ts'

/** What went over the wire to and from the recursive server. */
interface Traffic {
  queries: number
  octets: number
}

export interface CheckBench extends AsyncDisposable {
  readonly traffic: Traffic
  /** Milliseconds each DNS answer takes from now on. */
  setLatency(milliseconds: number): void
  /** A resolver that knows nothing. */
  resolver(): Resolver
  /** @throws {TypeError} where it does not come out as it has to. */
  check(resolver: Resolver, how: 'DNS alone' | 'with STARTTLS'): Promise<void>
}

/** A domain two zones below the root, one mail host in it, TLSA: root signed with RSA, the rest with P-256. */
const DOMAIN = 'p256.test'

export async function startCheckBench(): Promise<CheckBench> {
  const lab = await startLab()
  const traffic: Traffic = { queries: 0, octets: 0 }
  let latency = 0
  const socket = await recursiveServer(lab, traffic, () => latency)
  const { port } = socket.address()
  return {
    traffic,
    setLatency: (milliseconds) => {
      latency = milliseconds
    },
    resolver: () => new Resolver({ upstreams: [`127.0.0.1:${port}`], trustAnchors: lab.anchors }),
    async check(resolver, how) {
      const onlyDns = how === 'DNS alone'
      const options = { port: undefined, onlyDns, connection: { connectPort: lab.smtpPort }, signal: NEVER }
      const { destination, verdict } = await checkDomain(resolver, DOMAIN, options)
      if (destination.hosts[0]?.level !== 'dane') throw new TypeError(`${DOMAIN}: no DANE`)
      if (!onlyDns && verdict !== 'verified') throw new TypeError(`${DOMAIN} is ${verdict}`)
    },
    async [Symbol.asyncDispose]() {
      socket.close()
      await lab.close()
    },
  }
}

async function recursiveServer(lab: Lab, traffic: Traffic, latency: () => number) {
  const answers = new Map<string, Message>()
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  socket.on('message', (octets, { port, address }) => {
    const query = readQuery(octets)
    if (query === null || query instanceof Uint8Array) return
    const key = questionKey(query.question)
    const answer = answers.get(key) ?? lab.internet.answer(query.question)
    answers.set(key, answer)
    const reply = encodeForUdp(replyTo(query, answer, 1232), query.message.edns?.udpSize ?? 512)
    traffic.queries++
    traffic.octets += octets.length + reply.length
    // A resolver that is done may be gone, and the server with it.
    const send = (): void => socket.send(reply, port, address, () => {})
    if (latency() === 0) send()
    else setTimeout(send, latency())
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

const NEVER = new AbortController().signal
