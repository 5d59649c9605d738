import type { Servers } from './servers.ts'
import { domainOf, type SetUp } from './set-ups/set-up.ts'
import { ZONES } from './set-ups/zones.ts'
import type { ChildZone } from './world.ts'

/** The zones that all set-ups are in. */
export function zonesOf(setUps: readonly SetUp[], servers: Servers): ChildZone[] {
  const faults: Readonly<Record<string, Omit<ChildZone, 'apex' | 'records'>>> = {
    'mail.test.': { denial: 'nsec' },
    ...ZONES,
  }
  return Object.entries(faults).map(([apex, fault]) => {
    const here = setUps.filter(({ zone = 'mail.test.' }) => zone === apex)
    const lines = [...here.flatMap((setUp) => linesOf(setUp, servers)), ...(EXTRA[apex] ?? []).map(complete(servers))]
    return { apex, records: lines.join('\n'), ...fault }
  })
}

function linesOf(setUp: SetUp, servers: Servers): string[] {
  const domain = `${domainOf(setUp)}.`
  const hosts = Object.entries(setUp.hosts ?? {})
  const lines = hosts.flatMap(([label, { server, tlsa = [] }]) => {
    const name = label === '@' ? domain : `${label}.${domain}`
    return [
      `${name} A ${servers.address(server)}`,
      ...tlsa.map((text) => `_${servers.port}._tcp.${name} TLSA ${servers.tlsa(server, text)}`),
    ]
  })
  const text = setUp.text ?? hosts.map(([label], index) => `% MX ${10 * (index + 1)} ${label}.%`).join('\n')
  return [...lines, ...text.split('\n').map((line) => complete(servers)(line.replaceAll('%', domain)))]
}

/** Puts in the port, the address of the good server and TLSA data from it. */
function complete(servers: Servers): (line: string) => string {
  return (line) =>
    line
      .replaceAll('PORT', `${servers.port}`)
      .replaceAll('GOOD', servers.address('good'))
      .replaceAll(/fit\(([^)]*)\)/g, (_, tlsa) => servers.tlsa('good', tlsa))
      .replaceAll(/wrong\(([^)]*)\)/g, (_, tlsa) => servers.tlsa('good', `wrong ${tlsa}`))
}

/** What other set-ups point to. */
const EXTRA: Readonly<Record<string, readonly string[]>> = {
  'insecure.test.': ['host A GOOD', 'tlsa TLSA wrong(3 1 1)'],
  'bogus.test.': ['tlsa TLSA fit(3 1 1)'],
}
