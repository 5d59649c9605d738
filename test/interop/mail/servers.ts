/** The mail servers of the set-ups: one of each kind, on addresses of their own and one port. */
import {
  type Certificate,
  createAuthority,
  createLeaf,
  credentials,
  type Credentials,
  tlsaFor,
} from '../../lab/certificates.ts'
import type { MailBehaviour } from '../../lab/mail/behaviour.ts'
import { MailServer } from '../../lab/mail-server.ts'
import { domainOf, type ServerKind, type SetUp } from './set-ups/set-up.ts'

export interface Servers {
  readonly port: number
  address(kind: ServerKind): string
  /** TLSA RDATA: `3 1 1` is completed to fit, `wrong 3 1 1` not to, `leaf 2 1 1` from the leaf; data stays. */
  tlsa(kind: ServerKind, text: string): string
  /** The kind that has taken a message for a recipient, and the TLS it came over, null in the clear. */
  taken(recipient: string): { readonly kind: ServerKind; readonly tls: string | null }[]
  stop(): Promise<void>
}

/** `network` is the start of the addresses, as `127.1.2.`. */
export async function startServers(setUps: readonly SetUp[], network: string): Promise<Servers> {
  const root = await createAuthority({ commonName: 'Set-up Root' })
  const identities = await createIdentities(setUps, root)
  const address = (kind: ServerKind): string => `${network}${KINDS.indexOf(kind) + 1}`
  const started = new Map<ServerKind, MailServer>()
  for (const kind of KINDS.filter((some) => some !== 'down')) {
    const port = [...started.values()][0]?.port ?? 0
    const behaviour = BEHAVIOURS[kind] ?? {}
    const { credentials: presented } = identities(kind)
    const host = 'mx.mail.test'
    started.set(kind, await MailServer.start({ host, address: address(kind), port, credentials: presented, behaviour }))
  }
  return {
    port: [...started.values()][0]!.port,
    address,
    tlsa: (kind, text) => tlsaText(identities(kind).leaf, root, text),
    taken: (recipient) =>
      [...started].flatMap(([kind, { messages }]) =>
        messages
          .filter(({ to }) => to.some((line) => line.includes(`<${recipient}>`)))
          .map(({ tls }) => ({ kind, tls: tls?.protocol ?? null })),
      ),
    stop: async () => {
      await Promise.all([...started.values()].map((server) => server.close()))
    },
  }
}

interface Identity {
  readonly leaf: Certificate
  readonly credentials: Credentials
}

async function createIdentities(setUps: readonly SetUp[], root: Certificate): Promise<(kind: ServerKind) => Identity> {
  const intermediate = await createAuthority({ commonName: 'Set-up Intermediate' }, root)
  const names = (kind: ServerKind, name: (domain: string, host: string) => string): string[] => [
    ...new Set(
      setUps.flatMap((setUp) =>
        Object.entries(setUp.hosts ?? {})
          .filter(([, { server }]) => server === kind)
          .map(([label]) => name(domainOf(setUp), label)),
      ),
    ),
  ]
  const hostName = (domain: string, host: string): string => (host === '@' ? domain : `${host}.${domain}`)
  const leaf = (certified: string[], more: Partial<Parameters<typeof createLeaf>[0]> = {}): Promise<Certificate> =>
    createLeaf({ commonName: 'set-up.test', names: certified, ...more }, intermediate)
  const now = Math.floor(Date.now() / 1000)
  const [good, expired, other, domain, wildcard] = await Promise.all([
    leaf(names('good', hostName).concat(names('no-root', hostName))),
    leaf(names('expired', hostName), { notBefore: now - 10 * DAY, notAfter: now - DAY }),
    leaf(['elsewhere.test']),
    leaf(names('domain-name', (name) => name)),
    leaf(names('wildcard', (name) => `*.${name}`)),
  ])
  const make = async (certificate: Certificate): Promise<Identity> => ({
    leaf: certificate,
    credentials: await credentials(certificate),
  })
  const special = new Map<ServerKind, Identity>([
    ['expired', await make(expired)],
    ['other-name', await make(other)],
    ['domain-name', await make(domain)],
    ['wildcard', await make(wildcard)],
    ['no-root', { leaf: good, credentials: await credentials(good, [intermediate]) }],
  ])
  const usual = await make(good)
  return (kind) => special.get(kind) ?? usual
}

function tlsaText(leaf: Certificate, root: Certificate, text: string): string {
  const [, how, usage, selector, matchingType, data] = /^(?:(wrong|leaf) )?(\d+) (\d+) (\d+)( .+)?$/.exec(text)!
  if (data !== undefined) return text
  const der = usage === '3' || usage === '1' || how === 'leaf' ? leaf.der : root.der
  const fitting = Buffer.from(tlsaFor(der, Number(usage), Number(selector), Number(matchingType)).data)
  if (how === 'wrong') fitting[fitting.length - 1]! ^= 1
  return `${usage} ${selector} ${matchingType} ${fitting.toString('hex')}`
}

const BEHAVIOURS: Partial<Record<ServerKind, Partial<MailBehaviour>>> = {
  'no-starttls': { starttls: 'hidden' },
  'starttls-refused': { starttls: 'refuse' },
  'starttls-closed': { handshake: 'close' },
  // Of RSA, which its certificate does not have.
  'handshake-broken': { tls: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' } },
  garbage: { handshake: 'garbage' },
  'tls-1.0': { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' } },
  anonymous: { tls: { maxVersion: 'TLSv1.2', ciphers: 'aNULL:@SECLEVEL=0' } },
}

const KINDS: readonly ServerKind[] = [
  'good',
  'expired',
  'other-name',
  'domain-name',
  'wildcard',
  'no-root',
  'no-starttls',
  'starttls-refused',
  'starttls-closed',
  'handshake-broken',
  'garbage',
  'tls-1.0',
  'anonymous',
  'down',
]
const DAY = 86_400
