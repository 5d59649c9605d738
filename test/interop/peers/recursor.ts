import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import { dsFields } from './zones.ts'

export interface RecursorOptions {
  readonly port: number
  /** Port of the authoritative server on 127.0.0.1 that has every zone in `zones`. */
  readonly authority: number
  readonly zones: readonly string[]
  /** DS records of the root; without them it knows nothing of DNSSEC, and leaves it out of its answers. */
  readonly anchor?: string
  /** Further settings, as `name=value`. */
  readonly settings?: readonly string[]
  /** Names its files; two in one folder need two. */
  readonly label?: string
}

/** PowerDNS Recursor, over UDP and TCP. */
export async function startRecursor(folder: string, options: RecursorOptions): Promise<Server> {
  const { label = 'recursor', port, authority, zones, anchor, settings = [] } = options
  const data = join(folder, label)
  mkdirSync(data, { recursive: true })
  const lua = join(data, 'anchors.lua')
  const anchors = anchor === undefined ? '' : `addTA('.', "${dsFields(anchor)}")`
  writeFileSync(lua, `clearTA()\n${anchors}\n`)
  writeFileSync(
    join(data, 'recursor.conf'),
    [
      'local-address=127.0.0.1',
      `local-port=${port}`,
      `socket-dir=${data}`,
      `lua-config-file=${lua}`,
      `forward-zones=${zones.map((zone) => `${zone}=127.0.0.1:${authority}`).join(', ')}`,
      `dnssec=${anchor === undefined ? 'off' : 'validate'}`,
      'dont-query=',
      'hint-file=no',
      'security-poll-suffix=',
      'export-etc-hosts=no',
      'serve-rfc1918=no',
      'root-nx-trust=no',
      'threads=1',
      'daemon=no',
      'disable-syslog=yes',
      'write-pid=no',
      'extended-resolution-errors=yes',
      ...settings,
      '',
    ].join('\n'),
  )
  const server = new Server('pdns_recursor', [`--config-dir=${data}`], join(folder, `${label}.log`))
  await until(server, () => accepts(port))
  return server
}
