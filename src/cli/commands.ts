import type { Command } from './command.ts'

/** A command as the overview lists it; its code is loaded when it is called. */
export interface CommandEntry {
  readonly name: string
  readonly summary: string
  load(): Promise<Command>
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'query',
    summary: 'look a name up and validate the answer, with its chain of trust',
    load: async () => (await import('./query.ts')).query,
  },
  {
    name: 'verify',
    summary: 'check a certificate chain against TLSA records, offline',
    load: async () => (await import('./verify.ts')).verify,
  },
  {
    name: 'tlsa',
    summary: 'TLSA records to publish; what is published against what is served',
    load: async () => (await import('./tlsa.ts')).tlsa,
  },
  {
    name: 'check',
    summary: 'what a sender would find at a mail domain: MX, TLSA, STARTTLS',
    load: async () => (await import('./check.ts')).check,
  },
  {
    name: 'scan',
    summary: 'danelaw check for many domains, a JSON document a line',
    load: async () => (await import('./scan.ts')).scan,
  },
  {
    name: 'send',
    summary: 'deliver a message from standard input, never below its policy',
    load: async () => (await import('./send.ts')).send,
  },
  {
    name: 'queue',
    summary: 'mail that waits: list, show, run, flush, remove, hold, release',
    load: async () => (await import('./queue.ts')).queue,
  },
  {
    name: 'report',
    summary: 'TLS reports (RFC 8460) to the domains that ask for them',
    load: async () => (await import('./report.ts')).report,
  },
  {
    name: 'anchors',
    summary: 'the trust anchors in force',
    load: async () => (await import('./anchors.ts')).anchors,
  },
  {
    name: 'demo',
    summary: 'a small internet in this process: a delivery, and four attacks on it',
    load: async () => (await import('./demo.ts')).demo,
  },
]

/** Commands with a settled name and no code in this version. */
export const UNAVAILABLE: ReadonlySet<string> = new Set(['chain', 'serve', 'policy'])
