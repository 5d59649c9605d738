import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../lab/index.ts'
import type { Internet } from '../lab/internet.ts'
import { file, masterFile } from './files.ts'

/** The zones of the lab as a fixture, and its trust anchor as a file: the arguments that make a command use them. */
export function fixtureArguments(folder: string, internet: Internet): string[] {
  const zones = join(folder, 'zones')
  mkdirSync(zones)
  for (const [index, zone] of internet.zones.entries()) file(zones, `${index}.zone`, masterFile(zone))
  return ['--fixture', zones, ...anchorArguments(folder, internet)]
}

/** The same over the network: arguments for commands that connect to the lab's servers. */
export function networkArguments(folder: string, lab: Lab): string[] {
  return [
    `@${lab.dns.address}:${lab.dns.port}`,
    '--connect-port',
    String(lab.smtpPort),
    ...anchorArguments(folder, lab.internet),
  ]
}

function anchorArguments(folder: string, { anchorRecords, clock }: Internet): string[] {
  return ['--anchor', file(folder, 'root.ds', masterFile(anchorRecords)), '--at', String(clock.now)]
}
