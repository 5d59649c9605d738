/** What the bundles do before their code caches are made: the common things, over sockets, against the lab. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatRecord } from '../src/wire/presentation/record.ts'
import { startLab } from '../test/lab/index.ts'

/** @param folder for files */
export async function startWarmUp(folder) {
  const lab = await startLab()
  const anchor = join(folder, 'root.ds')
  writeFileSync(anchor, lab.anchorRecords.map((record) => `${formatRecord(record)}\n`).join(''))
  const resolving = [`@${lab.dns.address}:${lab.dns.port}`, '--anchor', anchor]
  const connecting = [...resolving, '--connect-port', String(lab.smtpPort)]
  return {
    /** By bundle, each with the exit status it must have. */
    runs: {
      query: [
        { status: 0, args: ['query', ...resolving, 'www.p256.test', 'A'] },
        { status: 0, args: ['query', ...resolving, 'nothing.nsec3.test', 'MX', '--json'] },
      ],
      commands: [
        { status: 0, args: ['query', ...resolving, 'www.p256.test', 'A'] },
        { status: 0, args: ['check', ...connecting, 'p256.test'] },
      ],
    },
    close: () => lab.close(),
  }
}
