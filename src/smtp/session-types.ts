import type { Reply } from './reply-parser.ts'
import type { Message } from './message.ts'
import type { RecipientResult } from './recipient-results.ts'

/**
 * What TLS a conversation owes: `none` leaves STARTTLS alone, `may` takes what there is, `encrypt` wants TLS with
 * anybody, `authenticate` TLS with a peer that was approved of. How a peer is judged is for others to know.
 */
export type TlsLevel = 'none' | 'may' | 'encrypt' | 'authenticate'

/** Where in the conversation something happened. */
export type Stage =
  | 'connect'
  | 'greeting'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'handshake'
  | 'AUTH'
  | 'idle'
  | 'RSET'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'content'
  | 'QUIT'

/** Why a conversation ended before it came to what it was for. */
export interface SessionFailure {
  readonly kind: SessionFailureKind
  readonly stage: Stage
  /** One sentence for a person, without a final dot. */
  readonly text: string
  /** Always of class 4: nothing a conversation ends with is permanent, only a reply about a recipient can be. */
  readonly enhanced: string
  /** What the server said, where it was a reply that ended it. */
  readonly reply: Reply | null
}

export type SessionFailureKind =
  /** The server did not want to talk: a greeting or a reply to EHLO other than yes, or 421 anywhere. */
  | 'reply'
  /** What it said is no SMTP. */
  | 'protocol'
  /** It hung up, or never answered the call. */
  | 'closed'
  | 'timeout'
  /** The caller's signal. */
  | 'aborted'
  /** TLS is owed, and the server does not announce STARTTLS. */
  | 'tls-not-offered'
  /** TLS is owed, and the server said no to STARTTLS. */
  | 'tls-refused'
  /** The handshake did not succeed. */
  | 'tls-failed'
  /** Octets in the clear behind the reply to STARTTLS (CVE-2011-0411, RFC 3207 section 4.2). */
  | 'injected'
  /** The handshake succeeded, and the certificate is not the one the policy asks for. */
  | 'not-authenticated'
  /** There are credentials, and the server offers no AUTH mechanism that can use them. */
  | 'auth-not-offered'
  /** The server does not take the credentials: they are wrong, the mail is not. */
  | 'auth-rejected'
  /** AUTH did not succeed for now, or the server could not prove that it knows the password. */
  | 'auth-failed'
  /** The message could not be read to its end, or is not what it was. */
  | 'content'

/** What a conversation came to. */
export interface SessionResult {
  /** Whether a greeting with 220 came. */
  readonly greeted: boolean
  /** The name the server gave itself in its last reply to EHLO; null where there is none. */
  readonly serverName: string | null
  /** Whether STARTTLS was announced; null where it did not come to a reply to EHLO. */
  readonly starttls: boolean | null
  /** What the server said to STARTTLS where it was a no, in a sentence; null where it was not. */
  readonly tlsRefused: string | null
  /** How well the line was protected once the policy was met; null where it never was. */
  readonly security: 'authenticated' | 'encrypted' | 'clear' | null
  readonly failure: SessionFailure | null
  /** One for each recipient; empty where no mail was to be sent. */
  readonly recipients: readonly RecipientResult[]
  /** Places of recipients who were not asked for because of the server's MAILMAX (RFC 9422); they are deferred. */
  readonly unasked: readonly number[]
  /** Whether nothing that was said of the mail has been answered: another connection can take it over at once. */
  readonly untouched: boolean
}

/** What the one who made the TLS connection found out about the peer. */
export type Approval =
  | { readonly authenticated: true; readonly why: null }
  | { readonly authenticated: false; readonly why: string }

/** The message that is on its way, and the transaction it is on its way in. */
export interface ContentAction {
  readonly kind: 'content'
  readonly message: Message
}

/** What the session asks its connection to do, in this order. */
export type SessionAction =
  | { readonly kind: 'write'; readonly octets: Uint8Array }
  /** Stop reading in the clear at once and begin the handshake; then `tlsEstablished` or `tlsFailed`. */
  | { readonly kind: 'start-tls' }
  /** Hand the message's pieces over one by one, each when the one before is written; `contentEnd`, `contentFailed`. */
  | ContentAction
  /** The mail has its results, and the connection may be used for another (`take`). */
  | { readonly kind: 'idle'; readonly result: SessionResult }
  /** Over. `polite` where the server has taken leave too; otherwise nothing more must reach it. */
  | { readonly kind: 'done'; readonly result: SessionResult; readonly polite: boolean }

/** Names of the timers of RFC 5321 section 4.5.3.2, and of the handshake. */
export type SessionTimer =
  | 'greetingTimeout'
  | 'commandTimeout'
  | 'dataInitTimeout'
  | 'dataBlockTimeout'
  | 'dataFinalTimeout'
  | 'handshakeTimeout'
  | 'quitTimeout'
