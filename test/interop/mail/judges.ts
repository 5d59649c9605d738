/** What Postfix makes of a set-up: its tester, which connects, and its sender, which delivers. */
import { execFile } from 'node:child_process'
import { createTransport } from 'nodemailer'
import { privately } from '../peers/namespace.ts'
import { program } from '../peers/program.ts'
import type { Sender } from '../peers/sender.ts'

export interface Judgement<Verdict> {
  readonly verdict: Verdict
  /** Its words. */
  readonly said: string
}

/** What a TLS connection is worth; `none` where it would not be used, or there is none. */
export type Connected = 'verified' | 'encrypted' | 'none'

/** What became of a message: how it was delivered, or that it was not. */
export type Fate = 'verified' | 'encrypted' | 'cleartext' | 'deferred' | 'rejected'

/** Asks posttls-finger, whose resolver is the one of `resolvConf`. */
export function finger(domain: string, port: number, resolvConf: string): Promise<Judgement<Connected>> {
  const options = ['-c', '-l', 'dane', '-L', 'summary,verbose', '-t', '5', '-T', '5', '-o', 'inet_protocols=ipv4']
  const command = [program('posttls-finger'), ...options, '-o', 'smtp_host_lookup=dns', `${domain}:${port}`]
  const args = privately([`mount --bind ${resolvConf} /etc/resolv.conf`], command)
  return new Promise((resolve) => {
    execFile(program('unshare'), args, { timeout: 40_000 }, (_, stdout, stderr) => {
      const said = stdout + stderr
      resolve({ verdict: fingerVerdict(said), said })
    })
  })
}

function fingerVerdict(said: string): Connected {
  if (/Verified TLS connection established/.test(said)) return 'verified'
  if (!/(Trusted|Untrusted|Anonymous) TLS connection established/.test(said)) return 'none'
  // It goes on where the sender does not.
  const refused = /DNSSEC-signed TLSA record/.test(said) && !/all TLSA records unusable/.test(said)
  return refused && !/Trusted TLS connection/.test(said) ? 'none' : 'encrypted'
}

/** Gives one message for all recipients to the sender, and waits until it has said what became of each. */
export async function sendBy(
  judge: 'Postfix' | 'Exim',
  sender: Sender,
  recipients: readonly string[],
): Promise<ReadonlyMap<string, Judgement<Fate>>> {
  const transport = createTransport({ host: '127.0.0.1', port: sender.port, ignoreTLS: true })
  const envelope = { from: 'sender@sender.test', to: [...recipients] }
  await transport.sendMail({ envelope, raw: `Subject: set-ups\r\n\r\nby ${judge}\r\n` })
  transport.close()
  const end = performance.now() + 90_000
  for (;;) {
    const found = judge === 'Postfix' ? postfixFates(sender.log()) : eximFates(sender.log())
    const missing = recipients.filter((recipient) => !found.has(recipient))
    if (missing.length === 0) return found
    if (performance.now() > end) throw new Error(`${judge} says nothing of ${missing.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** By recipient. What a process says of TLS is about the connection it then delivers by. */
function postfixFates(log: string): Map<string, Judgement<Fate>> {
  const tls = new Map<string, string>()
  const found = new Map<string, Judgement<Fate>>()
  for (const line of log.split('\n')) {
    const smtp = /postfix\/smtp\[(\d+)\]: (.*)$/.exec(line)
    const said = smtp?.[2] ?? line
    const level = /^(\w+) TLS connection established to/.exec(said)?.[1]
    if (smtp !== null && level !== undefined) tls.set(smtp[1]!, level)
    const fate = /to=<([^>]+)>, .*status=(\w+) \((.*)\)$/.exec(said)
    if (fate === null) continue
    found.set(fate[1]!, { verdict: senderVerdict(fate[2]!, tls.get(smtp?.[1] ?? '')), said })
    if (smtp !== null) tls.delete(smtp[1]!)
  }
  return found
}

function senderVerdict(status: string, tls: string | undefined): Fate {
  if (status !== 'sent') return status === 'bounced' ? 'rejected' : 'deferred'
  if (tls === undefined) return 'cleartext'
  return tls === 'Verified' ? 'verified' : 'encrypted'
}

/** By recipient; lines of Exim's log with `=>` and `->` for what is delivered, `==` for what waits, `**` for what is not. */
function eximFates(log: string): Map<string, Judgement<Fate>> {
  const found = new Map<string, Judgement<Fate>>()
  for (const line of log.split('\n')) {
    const [, mark, recipient] = / (=>|->|==|\*\*) (\S+@\S+)/.exec(line) ?? []
    if (mark === undefined) continue
    found.set(recipient!, { verdict: eximVerdict(mark, line), said: line })
  }
  return found
}

function eximVerdict(mark: string, line: string): Fate {
  if (mark === '==') return 'deferred'
  if (mark === '**') return 'rejected'
  if (/ CV=dane/.test(line)) return 'verified'
  return / X=TLS/.test(line) ? 'encrypted' : 'cleartext'
}
