import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach } from 'vitest'
import type {
  DanePolicy,
  DeferPolicy,
  Destination,
  EncryptPolicy,
  HostPolicy,
  MayPolicy,
} from '../../src/dane/policy.ts'
import { Name } from '../../src/wire/name.ts'
import type { Tlsa } from '../../src/wire/rdata/tlsa.ts'
import { type Credentials, createLeaf, credentials, tlsaFor } from '../lab/certificates.ts'
import type { MailBehaviour } from '../lab/mail/behaviour.ts'
import type { MailSession } from '../lab/mail/session.ts'
import { MailServer } from '../lab/mail-server.ts'

const servers: MailServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** A server that shows the certificate of `mx.example.com`, gone when the test is. */
export async function mailServer(
  behaviour: Partial<MailBehaviour> = {},
  address = '127.0.0.1',
  port = 0,
): Promise<MailServer> {
  const server = await MailServer.start({
    host: 'mx.example.com',
    credentials: await shown(),
    address,
    port,
    behaviour,
  })
  servers.push(server)
  return server
}

/** What `mx.example.com` shows. Made once: keys take time. */
export function shown(): Promise<Credentials> {
  made ??= createLeaf({ names: ['mx.example.com'] }).then((leaf) => credentials(leaf, []))
  return made
}
let made: Promise<Credentials> | undefined

export async function matchingTlsa(): Promise<Tlsa> {
  return tlsaFor((await shown()).chain[0]!, 3, 1, 1)
}

const OTHER_TLSA: Tlsa = { usage: 3, selector: 1, matchingType: 1, data: new Uint8Array(32).fill(7) }

interface Where {
  readonly address?: string
  readonly port: number
}

export async function daneHost(where: Where, changes: Partial<DanePolicy> = {}): Promise<DanePolicy> {
  const tlsa = [{ tlsa: await matchingTlsa(), usable: true, why: null }] as const
  const referenceIdentifiers = [Name.parse('mx.example.com'), Name.parse('example.com')]
  const level = { level: 'dane', tlsaBase: NAME, tlsaStatus: 'secure', tlsa, referenceIdentifiers } as const
  return { ...base(where), ...level, ...changes }
}

export async function mismatchedHost(where: Where): Promise<DanePolicy> {
  return await daneHost(where, { tlsa: [{ tlsa: OTHER_TLSA, usable: true, why: null }] })
}

export function encryptHost(where: Where): EncryptPolicy {
  const tlsa = [{ tlsa: { ...OTHER_TLSA, usage: 1 }, usable: false, why: 'usage 1' }] as const
  return { ...base(where), level: 'encrypt', tlsaBase: NAME, tlsaStatus: 'secure', tlsa }
}

export function mayHost(where: Where): MayPolicy {
  const level = { level: 'may', tlsaBase: null, tlsaStatus: null, tlsa: [], why: 'the addresses are insecure' } as const
  return { ...base(where), ...level }
}

export function deferHost(): DeferPolicy {
  const reason = {
    code: 'signature-failed',
    ede: 6,
    text: 'a bad signature',
    at: undefined,
    advice: undefined,
  } as const
  return { ...base({ port: 25 }), level: 'defer', tlsaBase: NAME, tlsaStatus: 'bogus', reason }
}

export function destination(...hosts: HostPolicy[]): Destination {
  const mx = { status: 'secure', rcode: 0, reason: null } as const
  return { domain: Name.parse('example.com'), via: 'mx', mx, hosts, none: null }
}

/** What a client said in the clear, and what it said inside TLS. */
export function said(session: MailSession | undefined): { clear: string; tls: string } {
  return {
    clear: session?.octets('client', false).toString('latin1') ?? '',
    tls: session?.octets('client', true).toString('latin1') ?? '',
  }
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function base({ address = '127.0.0.1', port }: Where) {
  return { host: NAME, preference: 10, port, addresses: [address], addressStatus: 'secure', mxSecure: true } as const
}

/** In mixed case, and with the final dot: neither may show in SNI. */
const NAME = Name.parse('MX.Example.COM.')
