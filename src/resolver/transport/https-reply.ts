import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2'
import { RESOLVER_LIMITS } from '../../limits.ts'
import type { Message } from '../../wire/message.ts'
import { type Query, readResponse } from '../query-message.ts'
import type { Settled } from './connection.ts'
import { malformed, type Outcome } from './transport.ts'

/** A response of status 200 and the right type. */
export interface HttpsReply {
  readonly octets: Uint8Array
  /** Seconds it has lain in a cache. */
  readonly age: number
}

type Failure = Extract<Outcome, { kind: 'failure' }>

/** Reads one response within bounds and calls `done` at most once. */
export function readReply(stream: ClientHttp2Stream, done: (reply: HttpsReply | Failure) => void): void {
  const chunks: Uint8Array[] = []
  let length = 0
  let age = 0
  let headersSeen = false
  stream.on('response', (headers) => {
    headersSeen = true
    const objection = objectionTo(headers)
    if (objection !== undefined) return done(objection)
    age = /^[0-9]{1,9}$/.test(headers.age ?? '') ? Number(headers.age) : 0
  })
  stream.on('data', (chunk: Uint8Array) => {
    length += chunk.length
    if (length > RESOLVER_LIMITS.messageOctets.value)
      return done(malformed('sent over HTTPS more than a message holds'))
    chunks.push(chunk)
  })
  stream.on('end', () => {
    if (headersSeen) done({ octets: Buffer.concat(chunks), age })
  })
}

function objectionTo(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): Failure | undefined {
  const status = headers[':status']
  // Redirections are not followed: they would lead to a server that nobody chose.
  if (status !== 200) return { kind: 'failure', cause: 'network', detail: `answered with HTTP status ${status}` }
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()
  if (type !== MEDIA_TYPE) return malformed(`sent '${printable(type)}' over HTTPS, not ${MEDIA_TYPE}`)
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    return malformed('sent over HTTPS in a coding nobody asked for')
  return undefined
}

export function judgeReply({ octets, age }: HttpsReply, query: Query): Exclude<Settled, { kind: 'lost' }> {
  const response = readResponse(octets, query)
  if (response.kind === 'truncated') return malformed('sent a truncated message over HTTPS')
  if (response.kind === 'ignored') return malformed(`sent over HTTPS what is not the answer: ${response.why}`)
  return age === 0 ? response : { ...response, message: aged(response.message, age) }
}

/** RFC 8484 section 5.1: the time in HTTP's caches counts against the TTL. */
function aged(message: Message, age: number): Message {
  const older = (records: Message['answer']) =>
    records.map((record) => ({ ...record, ttl: Math.max(0, record.ttl - age) }))
  return { ...message, answer: older(message.answer), authority: older(message.authority) }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60)
}

export const MEDIA_TYPE = 'application/dns-message'
