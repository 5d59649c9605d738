import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './program.ts'

/** One zone as it is written and then signed by BIND's dnssec-signzone. */
export interface PlainZone {
  /** `.` or a name with its final dot. */
  readonly apex: string
  /** Master-file lines below $ORIGIN and a SOA; `@` is the apex. */
  readonly records: string
  /** Without it the zone stays unsigned. */
  readonly denial?: 'nsec' | 'nsec3' | 'opt-out'
  /** A type whose signatures ended an hour ago. */
  readonly expired?: string
  /** Changes the signed text. */
  readonly tamper?: (signed: string) => string
}

export interface WrittenZone {
  readonly apex: string
  readonly file: string
  /** DS records for the parent; empty where the zone is unsigned. */
  readonly ds: string
}

/** Writes a zone, signs it where it is to be signed, and returns where it is. */
export function writeZone(folder: string, zone: PlainZone): WrittenZone {
  const base = zone.apex === '.' ? 'root' : zone.apex.slice(0, -1)
  const file = join(folder, `${base}.zone`)
  const head = `$ORIGIN ${zone.apex}\n$TTL 300\n@ SOA ns.nic. hostmaster.nic. 1 7200 3600 1209600 300\n@ NS ns.nic.\n`
  writeFileSync(file, `${head}${zone.records}\n`)
  if (zone.denial === undefined) return { apex: zone.apex, file, ds: '' }
  const keys = ['-f KSK', ''].map((role) =>
    run('dnssec-keygen', ['-K', folder, '-a', 'ECDSAP256SHA256', ...role.split(' ').filter(Boolean), zone.apex]).trim(),
  )
  for (const key of keys) {
    writeFileSync(file, `${readFileSync(file, 'utf8')}${readFileSync(join(folder, `${key}.key`), 'utf8')}`)
  }
  const nsec3 = zone.denial === 'nsec' ? [] : ['-3', '-', '-H', '0', ...(zone.denial === 'opt-out' ? ['-A'] : [])]
  const signed = `${file}.signed`
  run('dnssec-signzone', ['-K', folder, '-d', folder, '-o', zone.apex, '-f', signed, ...nsec3, file], folder)
  if (zone.expired !== undefined) replaceByExpired(folder, zone.expired, zone.apex, file, signed, nsec3)
  if (zone.tamper !== undefined) writeFileSync(signed, zone.tamper(readFileSync(signed, 'utf8')))
  return { apex: zone.apex, file: signed, ds: readFileSync(join(folder, `dsset-${zone.apex}`), 'utf8') }
}

/** The fields of the one DS record in a text of DS records: tag, algorithm, digest type and digest. */
export function dsFields(text: string): string {
  const fields = text.replaceAll(/[()]/g, ' ').trim().split(/\s+/)
  const [tag, algorithm, digestType, ...digest] = fields.slice(fields.indexOf('DS') + 1)
  return `${tag} ${algorithm} ${digestType} ${digest.join('')}`
}

/** Signs once more with an end in the past, and takes the RRSIGs of one type from that. */
function replaceByExpired(
  folder: string,
  type: string,
  apex: string,
  file: string,
  signed: string,
  nsec3: readonly string[],
): void {
  const stale = `${file}.stale`
  const past = ['-P', '-s', signTime(-864_000), '-e', signTime(-3600), '-O', 'full']
  run('dnssec-signzone', ['-K', folder, '-d', folder, '-o', apex, '-f', stale, ...past, ...nsec3, file], folder)
  const full = `${file}.full`
  run('dnssec-signzone', ['-K', folder, '-d', folder, '-o', apex, '-f', full, '-O', 'full', ...nsec3, file], folder)
  const covers = (line: string) => new RegExp(`\\sRRSIG\\s+${type}\\s`).test(line)
  const fresh = readFileSync(full, 'utf8')
    .split('\n')
    .filter((line) => !covers(line))
  const old = readFileSync(stale, 'utf8').split('\n').filter(covers)
  writeFileSync(signed, [...fresh, ...old, ''].join('\n'))
}

/** YYYYMMDDHHmmSS, so many seconds from now. */
function signTime(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString().replaceAll(/[-:T]|\..*/g, '')
}
