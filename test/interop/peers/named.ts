import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import type { WrittenZone } from './zones.ts'

/** BIND's named as the authoritative server of all zones, which are served as they stand in their files. */
export async function startNamed(
  folder: string,
  port: number,
  zones: readonly Pick<WrittenZone, 'apex' | 'file'>[],
): Promise<Server> {
  const data = join(folder, 'named')
  mkdirSync(data, { recursive: true })
  const config = join(folder, 'named.conf')
  writeFileSync(
    config,
    `options {
  directory "${data}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  notify no;
  minimal-responses no;
  check-names primary ignore;
  max-udp-size 4096;
};
controls { };
${zones.map(({ apex, file }) => `zone "${apex}" { type primary; file "${file}"; };`).join('\n')}
`,
  )
  const server = new Server('named', ['-g', '-n', '1', '-c', config], join(folder, 'named.log'))
  await until(server, () => accepts(port))
  return server
}
