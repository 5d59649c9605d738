import type { Message } from '../../wire/message.ts'
import type { Query } from '../query-message.ts'

/** What one exchange with one upstream came to. Never thrown: what the network does is a value. */
export type Outcome =
  | { readonly kind: 'message'; readonly message: Message; readonly octets: Uint8Array }
  /** TC is set; the message itself is of no use. */
  | { readonly kind: 'truncated' }
  | {
      readonly kind: 'failure'
      /** `flooded`: so many datagrams that were not the answer that the socket was given up. */
      readonly cause: 'timeout' | 'network' | 'malformed' | 'flooded' | 'aborted'
      /** What happened, to be put behind the upstream's name: `did not answer within 1500 ms`. */
      readonly detail: string
    }

/** One way of asking one upstream. */
export interface Transport {
  /** Sends the query and waits for its answer, at most `timeout` milliseconds. */
  ask(query: Query, timeout: number, signal: AbortSignal): Promise<Outcome>
}

/** What went wrong with a socket, in words; the code where there are none. */
export function socketFailure(error: Error): Outcome {
  const code = (error as NodeJS.ErrnoException).code ?? error.message
  return { kind: 'failure', cause: 'network', detail: `cannot be reached: ${SOCKET_ERRORS.get(code) ?? code}` }
}

export function aborted(): Outcome {
  return { kind: 'failure', cause: 'aborted', detail: 'was not waited for' }
}

const SOCKET_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EPIPE', 'connection closed'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network unreachable'],
  ['EADDRNOTAVAIL', 'no local address to ask from'],
  ['EACCES', 'not permitted'],
  ['EPERM', 'not permitted'],
  ['EMFILE', 'too many open files'],
  ['ENFILE', 'too many open files'],
  ['ETIMEDOUT', 'connection timed out'],
])
