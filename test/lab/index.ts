/** The lab: a small internet in one process, with a recursive server, mail servers, a clock and an attacker. */
import type { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import type { UpstreamAnswer } from '../../src/dnssec/walk.ts'
import type { Question, ResourceRecord } from '../../src/wire/record.ts'
import { Attacker } from './attacker.ts'
import type { Clock } from './clock.ts'
import { DnsServer } from './dns-server.ts'
import type { LabHost } from './hosts.ts'
import { type Internet, type InternetOptions, createInternet } from './internet.ts'
import { MailServer } from './mail-server.ts'

export interface Lab {
  readonly internet: Internet
  readonly clock: Clock
  /** `address` and `port` serve UDP and TCP. */
  readonly dns: DnsServer
  /** The port of every mail server. TLSA records stand at port 25 all the same. */
  readonly smtpPort: number
  /** By host name, without the final dot. */
  readonly mail: ReadonlyMap<string, MailServer>
  readonly attacker: Attacker
  readonly anchors: TrustAnchors
  /** The trust anchor as DS records. */
  readonly anchorRecords: readonly ResourceRecord[]
  /** What the recursive server says, attacks included, without a socket. */
  answer(question: Question): UpstreamAnswer
  /** Closes every socket. */
  close(): Promise<void>
}

export interface LabOptions extends InternetOptions {
  /** Milliseconds each DNS answer takes; default 0. */
  readonly latency?: number
}

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const internet = await createInternet(options)
  const attacker = new Attacker()
  const dns = await DnsServer.start({
    answer: (question) => internet.answer(question),
    attacks: attacker.dns,
    latency: options.latency ?? 0,
  })
  const servers = await startMailServers([...internet.hosts.values()], attacker)
  const { clock, anchors, anchorRecords } = internet
  return {
    internet,
    clock,
    dns,
    smtpPort: servers[0]!.port,
    mail: new Map(servers.map((server) => [server.host, server])),
    attacker,
    anchors,
    anchorRecords,
    answer: (question) => answerInMemory(internet, attacker, question),
    close: async () => {
      await Promise.all([dns.close(), ...servers.map((server) => server.close())])
    },
  }
}

/** The answer as it would arrive over the network, without one. */
function answerInMemory(internet: Internet, attacker: Attacker, question: Question): UpstreamAnswer {
  const message = attacker.dns.answer(question, internet.answer(question))
  if (message !== null) return { kind: 'message', message, upstream: 'lab' }
  return { kind: 'failure', cause: 'timeout', detail: 'the attacker lets nothing through', upstream: 'lab' }
}

/** All on one port, each on its own address; a port that is taken on one of them is given up for another. */
async function startMailServers(hosts: readonly LabHost[], attacker: Attacker): Promise<MailServer[]> {
  for (let attempt = 0; ; attempt++) {
    const started: MailServer[] = []
    try {
      for (const host of hosts) started.push(await startMailServer(host, started[0]?.port ?? 0, attacker))
      return started
    } catch (error) {
      await Promise.all(started.map((server) => server.close()))
      if (attempt >= 10 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

function startMailServer(host: LabHost, port: number, attacker: Attacker): Promise<MailServer> {
  const { name, address, credentials, declared } = host
  const behaviour = declared.starttls === undefined ? {} : { starttls: declared.starttls }
  return MailServer.start({ host: name, address, port, credentials, behaviour, attack: (on) => attacker.mail.on(on) })
}
