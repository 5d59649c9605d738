import { expect } from 'vitest'
import { type DeliverOptions, deliver } from '../../../src/smtp/delivery.ts'
import type { DeliveryOutcome } from '../../../src/smtp/outcome.ts'
import { definePolicy, type PolicyOptions } from '../../../src/smtp/policy/define.ts'
import type { TlsSession } from '../../../src/smtp/tls-session.ts'
import { type Scripted, ScriptedLookup, secure } from '../../dane/scripted.ts'
import type { MailServer } from '../../lab/mail-server.ts'
import { matchingTlsa, said } from '../hosts.ts'

const CONTENT = 'Subject: secret\r\n\r\nthe body\r\n'
const { data } = await matchingTlsa()
/** Fits what every server of `mailServer` shows. */
export const MATCHING = `3 1 1 ${Buffer.from(data).toString('hex')}`
export const MISMATCH = `3 1 1 ${'07'.repeat(32)}`
export const UNUSABLE = `1 1 1 ${'07'.repeat(32)}`

/** A domain whose one host is as secure as can be, for changes. */
export const SECURE: Readonly<Record<string, Scripted>> = {
  'example.com MX': secure('10 mx.example.com'),
  'mx.example.com A': secure('127.0.0.1'),
  'mx.example.com AAAA': secure(),
  '_25._tcp.mx.example.com TLSA': secure(MATCHING),
}

export interface Sent {
  readonly outcome: DeliveryOutcome
  /** Questions in their order. */
  readonly asked: readonly string[]
  readonly events: readonly TlsSession[]
}

export interface SendChanges extends DeliverOptions {
  readonly rule?: PolicyOptions
  readonly message?: { readonly requireTls?: boolean; readonly content?: string }
}

/** Sends one message to `to` (default `to@example.com`) by what a scripted DNS says, to real servers. */
export async function send(
  table: Readonly<Record<string, Scripted>>,
  server: Pick<MailServer, 'port'> | null,
  { rule, message, to = 'to@example.com', ...options }: SendChanges = {},
): Promise<Sent> {
  const resolver = new ScriptedLookup(table)
  const events: TlsSession[] = []
  const policy = rule && definePolicy(rule)
  const [outcome, ...rest] = await deliver(
    { from: 'from@sender.example', to, content: CONTENT, ...message },
    {
      resolver,
      ehloName: 'client.example',
      ...(server !== null && { connectPort: server.port }),
      ...(policy !== undefined && { policies: () => policy }),
      onTlsSession: (session) => events.push(session),
      ...options,
    },
  )
  expect(rest).toEqual([])
  return { outcome: outcome!, asked: resolver.asked, events }
}

/** The server saw a mail, and whether inside TLS. */
export function expectMail(
  server: MailServer,
  how: 'in TLS' | 'in the clear',
  session = server.sessions.length - 1,
): void {
  const { clear, tls } = said(server.sessions[session])
  const place = how === 'in TLS' ? tls : clear
  expect(place).toContain('MAIL FROM:<from@sender.example>')
  expect(place).toContain('Subject: secret\r\n\r\nthe body\r\n')
  if (how === 'in TLS') expect(clear).toBe('EHLO client.example\r\nSTARTTLS\r\n')
}

/** The server was talked to, and got nothing of the envelope or the message. */
export function expectNothing(server: MailServer): void {
  expect(server.sessions.length).toBeGreaterThan(0)
  for (const session of server.sessions) {
    const { clear, tls } = said(session)
    expect(clear).toMatch(/^(EHLO client\.example\r\n)?(STARTTLS\r\n)?(QUIT\r\n)?$/)
    expect(tls).toMatch(/^(QUIT\r\n)?$/)
  }
}

/** Nobody called the server. */
export function expectSilence(server: MailServer): void {
  expect(server.sessions).toHaveLength(0)
}
