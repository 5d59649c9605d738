import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { Name } from '../../src/wire/name.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'
import { createInternet } from '../lab/internet.ts'
import { makeKey, revoked } from '../lab/signer/key.ts'
import type { Denial } from '../lab/signer/sign-zone.ts'
import { LAB_ZONES } from '../lab/zones/index.ts'
import { APEX, signSample } from '../lab-tests/sample-zone.ts'

/** Two programs that judge signed zones, and what to do where they are missing. */
const PROGRAMS = [
  { program: 'ldns-verify-zone', install: 'apt-get install -y ldnsutils' },
  { program: 'dnssec-verify', install: 'apt-get install -y bind9-utils' },
] as const

const NSEC3: Denial = { kind: 'nsec3', salt: Uint8Array.of(0xab, 0xcd), iterations: 3, optOut: false }
const PLAIN_NSEC3: Denial = { kind: 'nsec3', salt: new Uint8Array(0), iterations: 0, optOut: false }
const DENIALS: readonly (readonly [string, Denial])[] = [
  ['NSEC', { kind: 'nsec' }],
  ['NSEC3', NSEC3],
  ['NSEC3 as RFC 9276 wants it', PLAIN_NSEC3],
  ['NSEC3 with opt-out', { ...NSEC3, optOut: true }],
]
const ALGORITHMS = [5, 7, 8, 10, 13, 14, 15, 16]

/** Expired on purpose; of an algorithm that nobody knows; with iterations that dnssec-verify refuses to count. */
const NOT_JUDGED: ReadonlySet<string> = new Set(['expired.test', 'unsupported.test', 'iterations-500.test'])

const internet = createInternet()
let folder: string

beforeAll(() => {
  for (const { program, install } of PROGRAMS) {
    if (spawnSync('which', [program]).status !== 0) throw new Error(`${program} is missing: ${install}`)
  }
  folder = mkdtempSync(join(tmpdir(), 'danelaw-signer-'))
})

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true })
})

describe.each(PROGRAMS)('$program accepts', ({ program }) => {
  test.each(DENIALS)('%s', (_, denial) => {
    judge(program, APEX.toString(), signSample({ keys: [makeKey()], denial }))
  })

  test.each(ALGORITHMS)('algorithm %d', (algorithm) => {
    const denial: Denial = algorithm === 5 ? { kind: 'nsec' } : NSEC3
    const keys = [makeKey({ algorithm, role: 'ksk' }), makeKey({ algorithm, role: 'zsk' })]
    judge(program, APEX.toString(), signSample({ keys, denial }))
  })

  test('two algorithms, a standby key and a revoked key', () => {
    const keys = [
      makeKey({ algorithm: 8, role: 'ksk' }),
      makeKey({ algorithm: 8, role: 'zsk' }),
      makeKey({ algorithm: 13 }),
      makeKey({ algorithm: 13, role: 'standby' }),
      revoked(makeKey({ algorithm: 13 })),
    ]
    judge(program, APEX.toString(), signSample({ keys }))
  })
})

describe.each(PROGRAMS)('$program accepts the zone of the lab', ({ program }) => {
  const judged = LAB_ZONES.filter(({ apex, keys }) => keys !== 'unsigned' && !NOT_JUDGED.has(apex))
  test.each(judged.map(({ apex }) => apex))('%s', async (apex) => {
    const { zones } = await internet
    const name = Name.parse(apex)
    const zone = zones.find((records) =>
      records.some((record) => record.type === RRType.SOA && record.name.equals(name)),
    )
    judge(program, name.toString(), zone!)
  })
})

test('dnssec-verify sees a signature that is wrong', () => {
  const zone = signSample({
    keys: [makeKey()],
    mutate: (fields, rrset) => (rrset.name.equals(APEX) && rrset.type === 15 ? { ...fields, labels: 1 } : fields),
  })
  expect(() => judge('dnssec-verify', APEX.toString(), zone)).toThrow()
})

function judge(program: string, apex: string, zone: readonly ResourceRecord[]): void {
  const file = join(folder, 'zone')
  writeFileSync(file, zone.map(genericLine).join(''))
  // -z: a key with the SEP bit may sign the whole zone.
  const args = program === 'dnssec-verify' ? ['-q', '-z', '-o', apex, file] : [file]
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' })
}

/** RFC 3597 section 5, so that no formatter stands between the signer and its judge. */
function genericLine(record: ResourceRecord): string {
  const { name, ttl, type, rdata } = record
  return `${name} ${ttl} CLASS1 TYPE${type} \\# ${rdata.length} ${Buffer.from(rdata).toString('hex')}\n`
}
