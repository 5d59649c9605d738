/** What the bundles do before their code caches are made: the common things, over sockets, against the lab. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatRecord } from '../src/wire/presentation/record.ts'
import { startLab } from '../test/lab/index.ts'

/** @param folder for files */
export async function startWarmUp(folder) {
  const lab = await startLab()
  const anchor = join(folder, 'root.ds')
  writeFileSync(anchor, masterFile(lab.anchorRecords))
  const zones = join(folder, 'zones')
  mkdirSync(zones)
  for (const [index, zone] of lab.internet.zones.entries()) {
    writeFileSync(join(zones, `${index}.zone`), masterFile(zone))
  }
  const resolving = [`@${lab.dns.address}:${lab.dns.port}`, '--anchor', anchor]
  const connecting = [...resolving, '--connect-port', String(lab.smtpPort)]
  return {
    /** By bundle, each with the exit status it must have; seldom is what the bundle loads another for. */
    runs: {
      query: {
        usual: [
          { status: 0, args: ['query', ...resolving, 'www.p256.test', 'A'] },
          { status: 0, args: ['query', ...resolving, 'nothing.nsec3.test', 'MX', '--json'] },
        ],
        seldom: [{ status: 0, args: ['query', '--fixture', zones, '--anchor', anchor, 'www.p256.test', 'A'] }],
      },
      commands: {
        usual: [
          { status: 0, args: ['query', ...resolving, 'www.p256.test', 'A'] },
          { status: 0, args: ['check', ...connecting, 'p256.test'] },
        ],
        seldom: [],
      },
    },
    close: () => lab.close(),
  }
}

function masterFile(records) {
  return records.map((record) => `${formatRecord(record)}\n`).join('')
}
