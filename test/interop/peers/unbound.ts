import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'

export interface UnboundOptions {
  /** Default 127.0.0.1. */
  readonly address?: string
  readonly port: number
  /** Port of the authoritative server on 127.0.0.1 that has every zone in `zones`. */
  readonly authority: number
  readonly zones: readonly string[]
  /** DS records of the root. */
  readonly anchor: string
  /** Further lines of the server section. */
  readonly settings?: readonly string[]
  /** Names its files; two in one folder need two. */
  readonly label?: string
}

/** Unbound as a validating recursive server. */
export async function startUnbound(folder: string, options: UnboundOptions): Promise<Server> {
  const { label = 'unbound', address = '127.0.0.1' } = options
  const anchor = join(folder, `${label}.anchor`)
  writeFileSync(anchor, options.anchor)
  const config = join(folder, `${label}.conf`)
  writeFileSync(
    config,
    `server:
  interface: ${address}@${options.port}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${join(folder, `${label}.pid`)}"
  use-syslog: no
  do-daemonize: no
  do-ip6: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "${anchor}"
  val-log-level: 2
  ede: yes
  local-zone: "test." nodefault
${(options.settings ?? []).map((line) => `  ${line}\n`).join('')}remote-control:
  control-enable: no
${options.zones.map((zone) => `stub-zone:\n  name: "${zone}"\n  stub-addr: 127.0.0.1@${options.authority}\n  stub-prime: no`).join('\n')}
`,
  )
  const server = new Server('unbound', ['-d', '-p', '-c', config], join(folder, `${label}.log`))
  await until(server, () => accepts(options.port, address))
  return server
}
