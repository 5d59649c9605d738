import type { Message } from '../../wire/message.ts'
import type { Question } from '../../wire/record.ts'
import type { Cancellation } from '../cancellation.ts'

/** What one exchange with one upstream came to. Never thrown: what the network does is a value. */
export type Outcome =
  | {
      readonly kind: 'message'
      readonly message: Message
      readonly octets: Uint8Array
      /** Whether the query had a cookie, which may be what the answer is about. */
      readonly cookie?: boolean
    }
  /** TC is set; the message itself is of no use. */
  | { readonly kind: 'truncated' }
  | {
      readonly kind: 'failure'
      /** `doubtful`: someone guesses at the answer, so that a connection is to be used instead. */
      readonly cause: 'timeout' | 'network' | 'malformed' | 'doubtful' | 'aborted'
      /** What happened, to be put behind the upstream's name: `did not answer within 1500 ms`. */
      readonly detail: string
    }

/** What is to be asked, whichever way. */
export interface Asking {
  readonly question: Question
  readonly checkingDisabled: boolean
}

/** One way of asking one upstream. */
export interface Transport {
  /** Sends a query and waits for its answer, at most `timeout` milliseconds. */
  ask(asking: Asking, timeout: number, signal: Cancellation): Promise<Outcome>
  /** Ends what is open. */
  close(): void
}

/** The addresses of this system to ask from; what is undefined the system chooses. */
export interface LocalAddresses {
  readonly ipv4: string | undefined
  readonly ipv6: string | undefined
}

/** What one upstream has cost so far. */
export interface Counters {
  /** Queries sent, repetitions included. */
  exchanges: number
  /** Connections opened: TCP, TLS and HTTPS. */
  connections: number
}

/** What went wrong with a socket, in words; the code where there are none. */
export function socketFailure(error: Error): Extract<Outcome, { kind: 'failure' }> {
  const code = (error as NodeJS.ErrnoException).code ?? error.message
  return { kind: 'failure', cause: 'network', detail: `cannot be reached: ${SOCKET_ERRORS.get(code) ?? code}` }
}

export function malformed(detail: string): Extract<Outcome, { kind: 'failure' }> {
  return { kind: 'failure', cause: 'malformed', detail }
}

export function aborted(): Extract<Outcome, { kind: 'failure' }> {
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
  ['EPROTO', 'it does not speak TLS as it should'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it does not speak TLS'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'the TLS handshake failed'],
  ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'it does not offer the protocol'],
])
