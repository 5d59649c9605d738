import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import type { Validating } from './upstream.ts'
import { dsFields } from './zones.ts'

/**
 * BIND's named as a cache in front of another resolver, over UDP, TCP, TLS and HTTPS. Over UDP it answers only those
 * who return its cookie.
 */
export async function startNamedForwarder(folder: string, options: Validating): Promise<Server> {
  const { label = 'named-forwarder', port, tlsPort, httpsPort, to, certificate, anchor } = options
  const data = join(folder, label)
  mkdirSync(data, { recursive: true })
  const config = join(folder, `${label}.conf`)
  const tls = certificate && `tls lab { key-file "${certificate.keyFile}"; cert-file "${certificate.file}"; };`
  writeFileSync(
    config,
    `${tls ?? ''}
options {
  directory "${data}";
  listen-on port ${port} { 127.0.0.1; };
  ${tlsPort === undefined ? '' : `listen-on port ${tlsPort} tls lab { 127.0.0.1; };`}
  ${httpsPort === undefined ? '' : `listen-on port ${httpsPort} tls lab http default { 127.0.0.1; };`}
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion yes;
  dnssec-validation ${anchor === undefined ? 'no' : 'yes'};
  empty-zones-enable no;
  forward only;
  forwarders { 127.0.0.1 port ${to}; };
  require-server-cookie yes;
};
controls { };
${anchor === undefined ? '' : `trust-anchors { . static-ds ${dsFields(anchor).replace(/\S+$/, '"$&"')}; };`}
`,
  )
  const server = new Server('named', ['-g', '-n', '1', '-c', config], join(folder, `${label}.log`))
  await until(server, async () => (await accepts(port)) && (httpsPort === undefined || (await accepts(httpsPort))))
  return server
}
