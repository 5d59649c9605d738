import { forge, rcode, strip } from '../../test/lab/attack/dns-actions.ts'
import { type Credentials, createLeaf, credentials, tlsaFor } from '../../test/lab/certificates.ts'
import { type Lab, startLab } from '../../test/lab/index.ts'
import { Resolver } from '../resolver/resolver.ts'
import { deliver } from '../smtp/delivery.ts'
import { RRType } from '../wire/codes/rrtype.ts'
import { Name } from '../wire/name.ts'
import { toHex } from '../wire/presentation/encodings.ts'
import { defineCommand } from './command.ts'
import { type AttackResult, type DemoResult, demoJson, DemoReport } from './demo-report.ts'
import type { Io } from './io.ts'
import { writeJson } from './output.ts'
import { paintFor } from './paint.ts'

export const demo = defineCommand({
  name: 'demo',
  description:
    'Starts a small internet in this process, on loopback alone: a signed root, top-level domains, a recursive server, mail servers with certificates. Then delivers a message over DANE-authenticated TLS, and lets an attacker on the way try to get hold of the next one.',
  args: [],
  servers: false,
  options: {},
  statuses: [
    [0, 'the message was delivered, and every attack was refused'],
    [1, 'something else happened'],
  ],
  examples: ['danelaw demo'],
  async run({ options }, io) {
    const report = options.json ? undefined : new DemoReport(io, paintFor(io.stdout, io.env))
    const lab = await startLab()
    try {
      const result = await play(lab, report, io)
      if (options.json) writeJson(io, demoJson(result))
      return result.passed ? 0 : 1
    } finally {
      await lab.close()
    }
  },
})

async function play(lab: Lab, report: DemoReport | undefined, io: Io): Promise<DemoResult> {
  const zones = lab.internet.zones.length
  const upstream = `${lab.dns.address}:${lab.dns.port}`
  report?.opening({ zones, mailServers: lab.mail.size, upstream })

  const plain = await visit(lab, io)
  report?.lookups(plain, lab.clock.now)
  report?.delivery(plain.delivery, plain.received)
  const attacks: AttackResult[] = []
  for (const attack of await plan(lab)) {
    attack.begin()
    const { tlsa, delivery, received, heard } = await visit(lab, io)
    lab.attacker.clear()
    // Refused: neither did the message go out, nor was there an answer that anyone could have been led by.
    const misled = attack.lookup && (tlsa.status === 'secure' || tlsa.status === 'insecure')
    const refused = delivery.outcome !== 'delivered' && received === 0 && !misled
    const { label, title, means } = attack
    const result = { label, title, means, refused, tlsa: attack.lookup ? tlsa : null, delivery, heard }
    attacks.push(result)
    report?.attack(result)
  }
  const passed =
    plain.delivery.outcome === 'delivered' && plain.received === 1 && attacks.every(({ refused }) => refused)
  report?.end(passed)
  return { zones, mailServers: lab.mail.size, upstream, ...plain, attacks, passed }
}

/** What a sender does for one message, with a resolver that knows nothing yet. */
async function visit(lab: Lab, io: Io) {
  const server = lab.mail.get(HOST)!
  const before = { messages: server.messages.length, sessions: server.sessions.length }
  const resolver = new Resolver({
    upstreams: [`${lab.dns.address}:${lab.dns.port}`],
    trustAnchors: lab.anchors,
    now: lab.clock.read,
  })
  try {
    const { signal } = io
    const mx = await resolver.query(DOMAIN, RRType.MX, { signal })
    const tlsa = await resolver.query(TLSA_NAME, RRType.TLSA, { signal })
    const [delivery] = await deliver(MESSAGE, {
      resolver,
      from: 'demo@sender.test',
      to: RECIPIENT,
      requireDane: true,
      connectPort: lab.smtpPort,
      at: lab.clock.now,
      ehloName: 'sender.test',
      signal,
    })
    signal.throwIfAborted()
    const heard = server.sessions.slice(before.sessions).flatMap(({ commands }) => commands.map(({ verb }) => verb))
    return { mx, tlsa, delivery: delivery!, received: server.messages.length - before.messages, heard }
  } finally {
    await resolver.close()
  }
}

interface Attack {
  readonly label: string
  readonly title: string
  /** What the attacker does, one sentence. */
  readonly means: string
  /** Whether it is aimed at the lookup, which then must not be believed. */
  readonly lookup: boolean
  begin(): void
}

async function plan({ attacker, clock }: Lab): Promise<Attack[]> {
  const own = await ownCertificate(clock.now)
  const swapCertificate = () => attacker.mail.add(HOST, { credentials: own })
  const denyDs = (answer: 'SERVFAIL' | 'NXDOMAIN') => () => {
    swapCertificate()
    attacker.dns.add({ below: DOMAIN }, strip([RRType.RRSIG, RRType.DNSKEY, RRType.NSEC]))
    attacker.dns.add({ name: TLSA_NAME }, forge(forgedTlsa(own)))
    attacker.dns.add({ name: DOMAIN, type: 'DS' }, rcode(answer))
  }
  return [
    {
      label: '1',
      title: 'a forged TLSA record',
      means:
        'The attacker sits in front of the mail server with a certificate of its own, and a TLSA record that fits it.',
      lookup: true,
      begin() {
        swapCertificate()
        attacker.dns.add({ name: TLSA_NAME, type: 'TLSA' }, forge(forgedTlsa(own)))
      },
    },
    {
      label: '2a',
      title: 'a forged SERVFAIL for the DS record',
      means: 'All signatures are gone, and the DS lookup that would tell why fails: the domain is to look unsigned.',
      lookup: true,
      begin: denyDs('SERVFAIL'),
    },
    {
      label: '2b',
      title: 'a forged NXDOMAIN for the DS record',
      means: 'The same with a denial that nobody has signed.',
      lookup: true,
      begin: denyDs('NXDOMAIN'),
    },
    {
      label: '3',
      title: 'STARTTLS hidden',
      means: 'The keyword is taken out of the reply to EHLO, so that the message would go in the clear.',
      lookup: false,
      begin: () => void attacker.mail.add(HOST, { starttls: 'hidden' }),
    },
    {
      label: '4',
      title: 'the certificate swapped',
      means:
        'The attacker takes the connection with a certificate of its own for the right name; the DNS is left alone.',
      lookup: false,
      begin: () => void swapCertificate(),
    },
  ]
}

async function ownCertificate(at: number): Promise<Credentials> {
  return await credentials(await createLeaf({ names: [HOST], at }))
}

function forgedTlsa({ chain }: Credentials): string {
  const { usage, selector, matchingType, data } = tlsaFor(chain[0]!, 3, 1, 1)
  return `${TLSA_NAME} 3600 IN TLSA ${usage} ${selector} ${matchingType} ${toHex(data)}`
}

const DOMAIN = 'p256.test.'
const HOST = 'mx.p256.test'
const RECIPIENT = 'postmaster@p256.test'
const TLSA_NAME = Name.parse(`_25._tcp.${HOST}`).toString()
const MESSAGE = [
  'From: demo@sender.test',
  `To: ${RECIPIENT}`,
  'Subject: A message that nobody reads on the way',
  '',
  'Sent over TLS that a TLSA record authenticates.',
  '',
].join('\r\n')
