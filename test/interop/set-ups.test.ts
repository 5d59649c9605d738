/** Ways to set up DNS and TLS: danelaw, Postfix's tester, and Postfix and Exim as senders, side by side. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import type { DeliveryOutcome, Verdict } from '../../src/smtp/outcome.ts'
import { EXPLANATIONS, type Explanation } from './mail/explanations.ts'
import { type Connected, type Fate, finger, type Judgement, sendBy } from './mail/judges.ts'
import { type Servers, startServers } from './mail/servers.ts'
import { zonesOf } from './mail/set-up-zones.ts'
import { SET_UPS } from './mail/set-ups/index.ts'
import { domainOf } from './mail/set-ups/set-up.ts'
import { createFolder, serveNames } from './mail/world.ts'
import { danelaw } from './peers/danelaw.ts'
import { freePort } from './peers/ports.ts'
import { startEximSender } from './peers/exim.ts'
import { startPostfixSender } from './peers/postfix.ts'

interface Found {
  readonly check: Judgement<Verdict>
  readonly send: Judgement<Fate>
  readonly finger: Judgement<Connected>
  readonly postfix: Judgement<Fate>
  readonly exim: Judgement<Fate>
}

/** Of this process alone, so that runs side by side do not meet. */
const NETWORK = `127.${64 + (process.pid % 128)}.${1 + (Math.floor(process.pid / 128) % 254)}.`

const found = new Map<string, Found>()
const used = new Set<Explanation>()
let base: ReturnType<typeof createFolder>
let servers: Servers
let failed = false

beforeAll(async () => {
  base = createFolder('set-ups')
  servers = base.keep(await startServers(SET_UPS, NETWORK))
  const address = `${NETWORK}53`
  // Otherwise Unbound takes signatures that ended less than an hour ago.
  const settings = ['val-sig-skew-min: 0', 'val-sig-skew-max: 0']
  const names = await serveNames(base.folder, zonesOf(SET_UPS, servers), { address, port: 53, settings })
  for (const server of names.servers) base.keep(server)
  const resolvConf = join(base.folder, 'resolv.conf')
  writeFileSync(resolvConf, `nameserver ${address}\noptions trust-ad edns0\n`)
  const domains = SET_UPS.map(domainOf)
  const about = { hostPort: servers.port, domains, resolvConf }
  const postfix = base.keep(await startPostfixSender(base.folder, { ...about, port: await freePort() }))
  const exim = base.keep(await startEximSender(base.folder, { ...about, port: await freePort() }))
  const [byPostfix, byExim] = await Promise.all([
    sendBy(
      'Postfix',
      postfix,
      domains.map((domain) => `postfix@${domain}`),
    ),
    sendBy(
      'Exim',
      exim,
      domains.map((domain) => `exim@${domain}`),
    ),
  ])
  await side(domains, async (domain) => {
    found.set(domain, {
      check: await check(domain, names.upstream),
      send: await send(domain, names.upstream),
      finger: await finger(domain, servers.port, resolvConf),
      postfix: byPostfix.get(`postfix@${domain}`)!,
      exim: byExim.get(`exim@${domain}`)!,
    })
  })
})

afterAll(() => base?.end(failed))

describe.each(SET_UPS.map((setUp) => ({ ...setUp, name: domainOf(setUp) })))('$name: $shows', ({ name, verdict }) => {
  test(`danelaw check: ${verdict}`, () => {
    keepLogsOnFailure()
    const { check } = found.get(name)!
    expect(check.verdict, check.said).toBe(verdict)
  })

  test(`danelaw send: ${fatesOf(verdict).join(' or ')}, and the server has it so`, () => {
    keepLogsOnFailure()
    const { send } = found.get(name)!
    expect(fatesOf(verdict), send.said).toContain(send.verdict)
    const taken = servers.taken(`danelaw@${name}`)
    expect(taken.map(({ tls }) => (tls === null ? 'clear' : 'tls'))).toEqual(TAKEN[send.verdict])
  })

  test('posttls-finger says the same, or the RFC says why not', () => {
    keepLogsOnFailure()
    const { check, finger: judged } = found.get(name)!
    agree(CONNECTED[check.verdict], judged, 'posttls-finger', name)
  })

  test('Postfix delivers it the same, or the RFC says why not', () => {
    keepLogsOnFailure()
    const { send, postfix } = found.get(name)!
    agree(send.verdict, postfix, 'Postfix', name)
  })

  test('Exim delivers it the same, or the RFC says why not', () => {
    keepLogsOnFailure()
    const { send, exim } = found.get(name)!
    agree(send.verdict, exim, 'Exim', name)
  })
})

test('every explanation is needed', () => {
  expect(EXPLANATIONS.filter((explanation) => !used.has(explanation)).map(({ what }) => what)).toEqual([])
})

function agree(
  ours: Connected | Fate,
  theirs: Judgement<Connected | Fate>,
  judge: Explanation['judge'],
  name: string,
): void {
  if (ours === theirs.verdict) return
  const why = EXPLANATIONS.find(
    (known) => known.judge === judge && known.theirs.includes(theirs.verdict) && known.domains.includes(name),
  )
  expect(why, `danelaw: ${ours}, ${judge}: ${theirs.verdict}\n${theirs.said}`).toBeDefined()
  used.add(why!)
}

/** What a verdict comes to when mail is sent. */
function fatesOf(verdict: Verdict): Fate[] {
  if (verdict === 'refused') return ['deferred']
  return verdict === 'unreachable' ? ['deferred', 'rejected'] : [verdict]
}

/** What the servers then have. */
const TAKEN: Readonly<Record<Fate, readonly ('tls' | 'clear')[]>> = {
  verified: ['tls'],
  encrypted: ['tls'],
  cleartext: ['clear'],
  deferred: [],
  rejected: [],
}

/** Postfix's tester does not tell why there is no TLS, nor what would become of mail. */
const CONNECTED: Readonly<Record<Verdict, Connected>> = {
  verified: 'verified',
  encrypted: 'encrypted',
  cleartext: 'none',
  refused: 'none',
  unreachable: 'none',
}

async function check(domain: string, upstream: readonly string[]): Promise<Judgement<Verdict>> {
  const { stdout, stderr } = await danelaw(['check', ...upstream, '--json', '--port', `${servers.port}`, domain])
  if (stdout === '') throw new Error(`danelaw check ${domain}: ${stderr}`)
  return { verdict: JSON.parse(stdout).verdict, said: stdout }
}

async function send(domain: string, upstream: readonly string[]): Promise<Judgement<Fate>> {
  const envelope = ['--from', 'sender@sender.test', '--to', `danelaw@${domain}`]
  const args = ['send', ...upstream, '--json', '--port', `${servers.port}`, '--ehlo', 'sender.test', ...envelope]
  const { stdout, stderr } = await danelaw(args, 'Subject: set-ups\r\n\r\nby danelaw\r\n')
  if (stdout === '') throw new Error(`danelaw send ${domain}: ${stderr}`)
  const { outcome, verdict } = JSON.parse(stdout).recipients[0] as DeliveryOutcome
  return { verdict: outcome === 'delivered' ? (verdict as Fate) : outcome, said: stdout }
}

/** A few at a time. */
async function side<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}

function keepLogsOnFailure(): void {
  onTestFailed(() => {
    failed = true
  })
}
