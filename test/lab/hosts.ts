/** The mail hosts of the lab: an address of their own each, and what they present in TLS. */
import { type Certificate, type Credentials, createAuthority, createLeaf, credentials } from './certificates.ts'
import { LAB_ZONES } from './zones/index.ts'
import type { LabMailHost } from './zones/zone.ts'

export interface LabHost {
  /** Without the final dot. */
  readonly name: string
  /** On loopback, the host's alone. */
  readonly address: string
  readonly credentials: Credentials
  /** The root above its certificate; its own where it is self-signed. */
  readonly root: Certificate
  readonly declared: LabMailHost
}

/** All hosts by name, with certificates that hang on the time `at`, in Unix seconds. */
export async function createHosts(at: number): Promise<Map<string, LabHost>> {
  const declared = LAB_ZONES.flatMap(({ mail = [] }) => mail)
  const identities = await createIdentities(declared, at)
  return new Map(
    declared.map((mail, index) => {
      const address = `127.0.0.${FIRST_ADDRESS + index}`
      return [mail.host, { name: mail.host, address, declared: mail, ...identities(mail) }]
    }),
  )
}

type Identity = Pick<LabHost, 'credentials' | 'root'>

async function createIdentities(
  declared: readonly LabMailHost[],
  at: number,
): Promise<(mail: LabMailHost) => Identity> {
  const root = await createAuthority({ commonName: 'Lab Root', at, notAfter: at + TEN_YEARS })
  const intermediate = await createAuthority({ commonName: 'Lab Intermediate', at }, root)
  const names = (kind: LabMailHost['certificate']): string[] =>
    declared.filter(({ certificate }) => certificate === kind).map(({ host }) => host)
  // Hosts of one kind share a certificate: making one costs more than all the rest of a host.
  const [shared, unsent, other, expired, own] = await Promise.all([
    createLeaf({ commonName: 'mail.test', names: names(undefined), at }, intermediate),
    createLeaf({ names: names('root-not-sent'), at }, intermediate),
    createLeaf({ names: ['elsewhere.test'], at }, intermediate),
    createLeaf({ names: names('expired'), at, notBefore: at - 10 * DAY, notAfter: at - DAY }, intermediate),
    createLeaf({ names: names('self-signed'), at }),
  ])
  const identities: Record<NonNullable<LabMailHost['certificate']>, Identity> = {
    authority: { credentials: await credentials(shared), root },
    'root-not-sent': { credentials: await credentials(unsent, [intermediate]), root },
    'other-name': { credentials: await credentials(other), root },
    expired: { credentials: await credentials(expired), root },
    'self-signed': { credentials: await credentials(own), root: own },
  }
  return (mail) => identities[mail.certificate ?? 'authority']
}

const DAY = 86_400
const TEN_YEARS = 3650 * DAY
/** 127.0.0.1 is the name servers', and left to other programs. */
const FIRST_ADDRESS = 11
