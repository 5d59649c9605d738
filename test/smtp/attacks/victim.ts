/** One message to one domain of the lab, and all that was heard of it on the way. */
import { afterAll, afterEach, beforeAll } from 'vitest'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { type DeliverOptions, deliver } from '../../../src/smtp/delivery.ts'
import type { DeliveryOutcome } from '../../../src/smtp/outcome.ts'
import { createAuthority, createLeaf, credentials, type Credentials } from '../../lab/certificates.ts'
import { type Lab, startLab } from '../../lab/index.ts'
import { MailServer } from '../../lab/mail-server.ts'
import type { MailSession } from '../../lab/mail/session.ts'

/** In every part of the message and its envelope, and nowhere else. */
const SECRET = 'xyzzy'
const MESSAGE = {
  from: `${SECRET}-from@sender.test`,
  content: `From: ${SECRET}\r\nSubject: ${SECRET}\r\n\r\n${SECRET}\r\n`,
}

export interface Heard {
  readonly outcome: DeliveryOutcome
  /** Everything any mail server was told during the delivery. */
  readonly sessions: readonly MailSession[]
}

export class Victim {
  lab!: Lab
  /** Speaks TLS with certificates for any name, which no TLSA record of the lab knows. */
  thief!: MailServer

  /** Delivers to a domain, with a resolver that knows nothing yet and waits `timeout` milliseconds for a lookup. */
  async send(domain: string, options: DeliverOptions = {}, timeout = 5_000): Promise<Heard> {
    const servers = [...this.lab.mail.values(), this.thief]
    const before = new Map(servers.map((server) => [server, server.sessions.length]))
    const resolver = new Resolver({
      upstreams: [`${this.lab.dns.address}:${this.lab.dns.port}`],
      trustAnchors: this.lab.anchors,
      now: this.lab.clock.read,
      timeout,
    })
    try {
      const [outcome] = await deliver(
        { ...MESSAGE, to: `${SECRET}-to@${domain}` },
        {
          resolver,
          connectPort: this.lab.smtpPort,
          at: this.lab.clock.now,
          ehloName: 'client.example',
          timeouts: { quitTimeout: 100 },
          ...options,
        },
      )
      return { outcome: outcome!, sessions: servers.flatMap((server) => server.sessions.slice(before.get(server))) }
    } finally {
      resolver.close()
    }
  }
}

/** The lab for all tests of a file; attacks end with each of them. */
export function victim(): Victim {
  const made = new Victim()
  beforeAll(async () => {
    made.lab = await startLab()
    const port = made.lab.smtpPort
    made.thief = await MailServer.start({
      host: 'thief.test',
      address: THIEF,
      port,
      credentials: await forged('thief.test'),
    })
  })
  afterEach(() => made.lab.attacker.clear())
  afterAll(async () => {
    await made.thief.close()
    await made.lab.close()
  })
  return made
}

/** Whether a session was told anything of the message or its envelope; in TLS or not. */
export function leaked(session: MailSession, where: 'anywhere' | 'in the clear' = 'anywhere'): boolean {
  const octets = [session.octets('client', false), ...(where === 'anywhere' ? [session.octets('client', true)] : [])]
  // `MAIL`, `RCPT` and `AUTH` say something even without an address.
  return octets.some((some) => /xyzzy|^(MAIL|RCPT|DATA|BDAT|AUTH)\b/m.test(some.toString('latin1')))
}

/** What a thief shows: a certificate for the right name, from an authority of his own or none. */
export async function forged(
  host: string,
  how: 'own' | 'authority' | 'stapled' = 'own',
  truth?: Credentials,
): Promise<Credentials> {
  if (how === 'own') return await credentials(await createLeaf({ names: [host] }), [])
  const authority = await createAuthority({ commonName: 'Lab Root' })
  const made = await credentials(await createLeaf({ names: [host] }, authority), how === 'authority' ? [authority] : [])
  if (truth === undefined) return made
  // The chain of the true server behind his own leaf, as if it led there.
  return {
    ...made,
    chain: [...made.chain, ...truth.chain.slice(1)],
    cert: `${made.cert}${pems(truth.cert).slice(1).join('')}`,
  }
}

function pems(text: string): string[] {
  return text.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----\n/g) ?? []
}

/** Where the thief listens, as far as forged addresses lead there. */
export const THIEF = '127.0.0.9'
