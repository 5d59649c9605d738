/** How a mail server of the lab behaves: as it should, or as a broken or attacked one does. */
import type { SecureContextOptions } from 'node:tls'
import type { Credentials } from '../certificates.ts'
import type { AuthAccount } from './auth.ts'

export interface MailBehaviour {
  /** Its name, as EHLO gives it. */
  readonly host: string
  /** First line of the conversation, with its code. */
  readonly greeting: string
  /** EHLO keywords besides STARTTLS; parameters are taken whether announced or not. */
  readonly extensions: readonly string[]
  /** After TLS; default: the same. */
  readonly extensionsInTls: readonly string[] | undefined
  /**
   * `offer`: in EHLO. `hidden`: not in EHLO, and 502 when asked for all the same. `refuse`: in EHLO, then 454.
   * `unannounced`: not in EHLO, and works.
   */
  readonly starttls: 'offer' | 'hidden' | 'refuse' | 'unannounced'
  /** Octets right behind the reply to STARTTLS, in the same segment (CVE-2011-0411). */
  readonly inject: string | undefined
  /** What follows the reply to STARTTLS. `silent`: nothing ever. */
  readonly handshake: 'proper' | 'close' | 'garbage' | 'silent'
  /** What it presents; `credentialsFor` first, by the name in SNI. */
  readonly credentials: Credentials
  readonly credentialsFor: ReadonlyMap<string, Credentials>
  /** Protocol versions, ciphers and the like. */
  readonly tls: SecureContextOptions
  /** TLS from the first octet on (RFC 8314). */
  readonly implicitTls: boolean
  /** Who may log in, inside TLS; announces AUTH there. */
  readonly auth: AuthAccount | undefined
  /** Takes the place of a reply; undefined leaves the server to its own. */
  readonly script: (command: MailCommand) => ScriptedReply | undefined
}

/** One step of the client. */
export interface MailCommand {
  /** In upper case: `EHLO`, `MAIL`, …; `CONNECT` for the greeting, `.` for the end of DATA. */
  readonly verb: string
  /** The whole line as received, without CRLF. */
  readonly line: string
  readonly tls: boolean
  /** How many commands of this verb came on this connection, this one included. */
  readonly count: number
}

/** A text gets its CRLF; lines are separated by `\n`. Octets are sent as they are. */
export type ScriptedReply =
  | string
  | {
      readonly reply?: string | Uint8Array
      /** Milliseconds to wait in front of it. */
      readonly delay?: number
      /** Closes the connection behind it; without a reply, instead of it. */
      readonly close?: boolean
    }

export function properBehaviour(host: string, credentials: Credentials): MailBehaviour {
  return {
    host,
    greeting: `220 ${host} ESMTP`,
    extensions: ['PIPELINING', 'SIZE 10485760', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'DSN', 'CHUNKING'],
    extensionsInTls: undefined,
    starttls: 'offer',
    inject: undefined,
    handshake: 'proper',
    credentials,
    credentialsFor: new Map(),
    tls: {},
    implicitTls: false,
    auth: undefined,
    script: () => undefined,
  }
}
