/**
 * The recursive server all are measured with: a thread of its own, so that its work is nobody's. Told a latency, it
 * answers that much later.
 */
import { createSocket } from 'node:dgram'
import { parentPort, workerData } from 'node:worker_threads'
import { questionKey } from '../../src/dnssec/walk.ts'
import type { Message } from '../../src/wire/message.ts'
import { encodeForUdp, readQuery, replyTo } from '../../test/lab/dns-reply.ts'
import { makeForest } from '../data/forest.ts'

export interface UpstreamOrder {
  readonly zones: number
  readonly hosts: number
}

/** What the thread says once it answers. */
export interface UpstreamReady {
  readonly port: number
  readonly anchorText: string
  readonly hosts: readonly (readonly string[])[]
}

const { zones, hosts } = workerData as UpstreamOrder
const forest = makeForest(zones, hosts)
const answers = new Map<string, Message>()
let latency = 0
parentPort?.on('message', (milliseconds: number) => {
  latency = milliseconds
})

const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 21 })
socket.on('message', (octets, { port, address }) => {
  const query = readQuery(octets)
  if (query === null || query instanceof Uint8Array) return
  const key = questionKey(query.question)
  const answer = answers.get(key) ?? forest.zones.answer(query.question)
  answers.set(key, answer)
  const reply = encodeForUdp(replyTo(query, answer, 1232), query.message.edns?.udpSize ?? 512)
  const send = (): void => socket.send(reply, port, address)
  if (latency === 0) send()
  else setTimeout(send, latency)
})
socket.bind(0, '127.0.0.1', () => {
  const ready: UpstreamReady = { port: socket.address().port, anchorText: forest.anchorText, hosts: forest.hosts }
  parentPort?.postMessage(ready)
})
