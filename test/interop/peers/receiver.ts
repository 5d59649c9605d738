/** What all mail servers that receive have in common. */
import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerCertificate } from './upstream.ts'

/** One port of a mail server, and how it does TLS there. */
export interface Listener {
  readonly port: number
  readonly certificate: ServerCertificate
  /** The only version; default: what the server likes. */
  readonly protocol?: 'TLSv1.2' | 'TLSv1.3'
  /** In place of `certificate`, by the name in SNI. */
  readonly byName?: Readonly<Record<string, ServerCertificate>>
  /** Whether it asks for a certificate of the client's. */
  readonly asks?: boolean
  /** Octets. */
  readonly sizeLimit?: number
  /** Of AUTH, for `anna` with the password `secret`; default: what the server likes. */
  readonly mechanisms?: readonly ('PLAIN' | 'LOGIN')[]
}

export interface Receiver {
  /** Everything it has logged. */
  log(): string
  /** How many MAIL commands it has seen; where a connection is still being closed, those of this one may be missing. */
  mails(): number
  /** What has arrived for a user, in no order, as it is stored: the server's own header on top. */
  messages(user: string): Buffer[]
  /** How lines end in `messages`. */
  readonly lineEnd: '\n' | '\r\n'
  stop(): Promise<void>
}

/** Who has a mailbox in every domain, by local part, and its folder. Everybody else is refused. */
export const USERS: Readonly<Record<string, string>> = { anna: 'anna', bert: 'bert', jörg: 'joerg' }

/** A folder that accounts other than root's can walk through; the part for mailboxes belongs to whoever writes there. */
export function mailFolder(folder: string, name: string): { readonly home: string; readonly mail: string } {
  const home = join(folder, name)
  const mail = join(home, 'mail')
  mkdirSync(mail, { recursive: true })
  // The folder of a test is private to root.
  for (const path of [folder, home]) chmodSync(path, 0o755)
  return { home, mail }
}

/** The messages in a maildir; none where there is no such folder. */
export function maildir(folder: string): Buffer[] {
  try {
    return readdirSync(join(folder, 'new')).map((name) => readFileSync(join(folder, 'new', name)))
  } catch {
    return []
  }
}

/** The text of a file, empty where there is none yet. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** How often a pattern with the flag `g` occurs in a log. */
export function count(log: string, pattern: RegExp): number {
  return [...log.matchAll(pattern)].length
}
