import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import type { Validating } from './upstream.ts'

/** Knot Resolver, validating what another resolver gives it, over UDP, TCP, TLS and HTTPS. */
export async function startKresd(folder: string, options: Validating): Promise<Server> {
  const { label = 'kresd', port, tlsPort, httpsPort, to, anchor } = options
  const data = join(folder, label)
  mkdirSync(data, { recursive: true })
  const config = join(folder, `${label}.conf`)
  const encrypted = [
    tlsPort === undefined ? '' : `net.listen('127.0.0.1', ${tlsPort}, { kind = 'tls' })`,
    httpsPort === undefined ? '' : `net.listen('127.0.0.1', ${httpsPort}, { kind = 'doh2' })`,
  ]
  const certificate = options.certificate && `net.tls('${options.certificate.file}', '${options.certificate.keyFile}')`
  writeFileSync(
    config,
    `${certificate ?? ''}
net.listen('127.0.0.1', ${port}, { kind = 'dns' })
${encrypted.join('\n')}
net.ipv6 = false
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
modules.unload('detect_time_jump')
trust_anchors.remove('.')
${anchor === undefined ? '' : anchorLines(anchor)}
cache.size = 10 * MB
policy.add(policy.all(policy.${anchor === undefined ? 'STUB' : 'FORWARD'}('127.0.0.1@${to}')))
`,
  )
  const server = new Server('kresd', ['-n', '-c', config, data], join(folder, `${label}.log`))
  await until(server, () => accepts(port))
  return server
}

function anchorLines(anchor: string): string {
  return anchor
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => `trust_anchors.add('${line.replaceAll(/[()]/g, ' ').replaceAll(/\s+/g, ' ')}')`)
    .join('\n')
}
