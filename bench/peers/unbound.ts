import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { questionOf } from '../../src/dnssec/session.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import { DnsClient, dnssecQuery } from '../../test/interop/peers/dns-client.ts'
import { accepts, freePort } from '../../test/interop/peers/ports.ts'
import { Server, until } from '../../test/interop/peers/program.ts'
import { cpuOf } from './measured.ts'
import type { Batch, BatchResult } from './danelaw-process.ts'

/** Unbound as a validating forwarder, with a client whose work is not counted. */
export interface UnboundForwarder extends AsyncDisposable {
  ask(batch: Batch): Promise<BatchResult>
}

export async function startUnbound(folder: string, upstream: number, anchorFile: string): Promise<UnboundForwarder> {
  const port = await freePort()
  const config = join(folder, `unbound-${port}.conf`)
  writeFileSync(config, configuration(folder, port, upstream, anchorFile))
  const server = new Server('unbound', ['-d', '-p', '-c', config], join(folder, `unbound-${port}.log`))
  await until(server, () => accepts(port))
  const client = new DnsClient(port)
  return {
    async ask({ names, width }) {
      const cpu = cpuOf(server.pid)
      const start = performance.now()
      let next = 0
      let secure = 0
      const ask = async (): Promise<void> => {
        for (let name = names[next++]; name !== undefined; name = names[next++]) {
          const answer = await client.ask(dnssecQuery(questionOf(Name.parse(name), RRType.A), false))
          if ((answer[3]! & 0x20) !== 0) secure++
        }
      }
      await Promise.all(Array.from({ length: width }, ask))
      return { cpu: cpuOf(server.pid) - cpu, wall: performance.now() - start, secure }
    },
    async [Symbol.asyncDispose]() {
      client.close()
      await server.stop()
    },
  }
}

/** One thread, as danelaw has one; everything else as it comes. */
function configuration(folder: string, port: number, upstream: number, anchorFile: string): string {
  return `server:
  interface: 127.0.0.1@${port}
  access-control: 127.0.0.0/8 allow
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${join(folder, `unbound-${port}.pid`)}"
  use-syslog: no
  do-daemonize: no
  do-ip6: no
  do-not-query-localhost: no
  num-threads: 1
  module-config: "validator iterator"
  trust-anchor-file: "${anchorFile}"
  local-zone: "test." nodefault
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
`
}
