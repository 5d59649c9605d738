import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import type { WrittenZone } from './zones.ts'

/** NSD as the authoritative server of all zones. */
export async function startNsd(folder: string, port: number, zones: readonly WrittenZone[]): Promise<Server> {
  const data = join(folder, 'nsd')
  mkdirSync(data, { recursive: true })
  const config = join(folder, 'nsd.conf')
  writeFileSync(
    config,
    `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${join(data, 'pid')}"
  zonelistfile: "${join(data, 'zone.list')}"
  xfrdfile: "${join(data, 'xfrd.state')}"
  xfrdir: "${data}"
  server-count: 1
remote-control:
  control-enable: no
${zones.map(({ apex, file }) => `zone:\n  name: "${apex}"\n  zonefile: "${file}"`).join('\n')}
`,
  )
  const server = new Server('nsd', ['-d', '-c', config], join(folder, 'nsd.log'))
  await until(server, () => accepts(port))
  return server
}
