import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import type { WrittenZone } from './zones.ts'

/** Knot DNS as the authoritative server of all zones, which are served as they stand in their files. */
export async function startKnot(
  folder: string,
  port: number,
  zones: readonly Pick<WrittenZone, 'apex' | 'file'>[],
): Promise<Server> {
  const data = join(folder, 'knot')
  mkdirSync(data, { recursive: true })
  const config = join(folder, 'knot.conf')
  writeFileSync(
    config,
    `server:
    listen: 127.0.0.1@${port}
    rundir: "${data}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    udp-max-payload: 4096
log:
  - target: stderr
    any: info
database:
    storage: "${data}"
template:
  - id: default
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
${zones.map(({ apex, file }) => `  - domain: "${apex}"\n    file: "${file}"`).join('\n')}
`,
  )
  const server = new Server('knotd', ['-c', config], join(folder, 'knot.log'))
  await until(server, () => accepts(port))
  return server
}
