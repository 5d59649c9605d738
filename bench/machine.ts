import { cpus, totalmem } from 'node:os'
import { arch, platform, versions } from 'node:process'
import noble from '../node_modules/@noble/curves/package.json' with { type: 'json' }
import manifest from '../package.json' with { type: 'json' }
import { opensslVersion } from './openssl-speed.ts'

/** What the figures depend on: the first line of every file of results. Nothing that tells whose machine it is. */
export function machine(date: Date) {
  const processors = cpus()
  return {
    danelaw: manifest.version,
    date: date.toISOString().slice(0, 10),
    cpu: processors[0]?.model ?? 'unknown',
    cpus: processors.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    platform: `${platform} ${arch}`,
    node: versions.node,
    v8: versions.v8,
    openssl: versions.openssl,
    noble: noble.version,
    'openssl speed': opensslVersion() ?? 'not there',
  }
}
