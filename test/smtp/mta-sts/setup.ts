import { afterEach } from 'vitest'
import { MtaSts, type MtaStsOptions } from '../../../src/smtp/mta-sts/mta-sts.ts'
import { Name } from '../../../src/wire/name.ts'
import { insecure, ScriptedLookup } from '../../dane/scripted.ts'
import type { CertificateOptions } from '../../lab/certificates.ts'
import { Clock } from '../../lab/clock.ts'
import { PolicyServer, serves } from '../../lab/policy-server.ts'

export const DOMAIN = Name.parse('example.com')
export const HOST = 'mta-sts.example.com'
export const ENFORCE = policyText('enforce', 'mx.example.com')

export function policyText(mode: string, mx: string, maxAge = 604_800): string {
  return `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: ${maxAge}\n`
}

export interface Scene {
  readonly server: PolicyServer
  readonly lookup: ScriptedLookup
  readonly clock: Clock
  /** What was told to the logger. */
  readonly warnings: string[]
  /** A new one, as in a new process. */
  make(options?: Partial<MtaStsOptions>): MtaSts
  /** Publishes a TXT record with this id; null takes it away. */
  publish(id: string | null): void
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
})

/** A domain whose TXT record has the id `1`, and its server, which serves a policy in mode `enforce`. */
export async function scene(names: readonly string[] = [HOST], leaf: CertificateOptions = {}): Promise<Scene> {
  const server = await PolicyServer.start(names, leaf)
  open.push(server)
  server.respond = serves(ENFORCE)
  const lookup = new ScriptedLookup({ [`${HOST} A`]: insecure('127.0.0.1'), [`${HOST} AAAA`]: insecure() })
  const clock = new Clock()
  const warnings: string[] = []
  const publish = (id: string | null): void =>
    lookup.set('_mta-sts.example.com TXT', id === null ? insecure() : insecure(`v=STSv1; id=${id};`))
  publish('1')
  const make = (options: Partial<MtaStsOptions> = {}): MtaSts => {
    const made = new MtaSts({
      resolver: lookup,
      ca: server.ca,
      now: clock.read,
      fetchPort: server.port,
      logger: { warn: (_, message) => void warnings.push(message) },
      ...options,
    })
    open.push(made)
    return made
  }
  return { server, lookup, clock, warnings, make, publish }
}
