import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'

export interface ForwarderOptions {
  readonly port: number
  readonly tlsPort: number
  readonly httpsPort: number
  /** Port on 127.0.0.1 of the server that resolves. */
  readonly to: number
  readonly keyFile: string
  readonly certificateFile: string
}

/**
 * BIND's named as a cache in front of another resolver, over UDP, TCP, TLS and HTTPS. Over UDP it answers only those
 * who return its cookie.
 */
export async function startNamedForwarder(folder: string, options: ForwarderOptions): Promise<Server> {
  const data = join(folder, 'named-forwarder')
  mkdirSync(data, { recursive: true })
  const config = join(folder, 'named-forwarder.conf')
  writeFileSync(
    config,
    `tls lab { key-file "${options.keyFile}"; cert-file "${options.certificateFile}"; };
options {
  directory "${data}";
  listen-on port ${options.port} { 127.0.0.1; };
  listen-on port ${options.tlsPort} tls lab { 127.0.0.1; };
  listen-on port ${options.httpsPort} tls lab http default { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion yes;
  dnssec-validation no;
  empty-zones-enable no;
  forward only;
  forwarders { 127.0.0.1 port ${options.to}; };
  require-server-cookie yes;
};
controls { };
`,
  )
  const server = new Server('named', ['-g', '-n', '1', '-c', config], join(folder, 'named-forwarder.log'))
  await until(server, async () => (await accepts(options.port)) && (await accepts(options.httpsPort)))
  return server
}
