/** Other people's DANE code, asked through small programs that are built for it. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Case } from './cases.ts'
import type { Made } from './x509.ts'

export interface Judgement {
  /** Null where the judge finds no record that it can use, or fails itself. */
  readonly authenticated: boolean | null
  /** Of the record that matched, where the judge says so. */
  readonly usage: number | undefined
  readonly depth: number | undefined
  readonly said: string
}

export type Judge = (cases: readonly Case[]) => Judgement[]

/** OpenSSL: what its client does with the certificates of a server, name and time included. */
export function openssl(folder: string): Judge {
  const program = build(folder, 'openssl', ['-lssl', '-lcrypto'], { 'openssl/ssl.h': 'libssl-dev' })
  return (cases) => ask(program, cases)
}

/** GnuTLS: whether a certificate chain fits the records, without names and times. */
export function gnutls(folder: string): Judge {
  const libraries = ['-lgnutls-dane', '-lgnutls']
  const program = build(folder, 'gnutls', libraries, { 'gnutls/dane.h': 'libgnutls28-dev' })
  return (cases) => ask(program, cases)
}

/** @throws with the line that installs what is missing; a missing peer fails, it is never skipped. */
function build(folder: string, name: string, libraries: readonly string[], headers: Record<string, string>): string {
  for (const [header, debian] of Object.entries(headers)) {
    if (!existsSync(join('/usr/include', header))) throw new Error(`${header} is missing: apt-get install -y ${debian}`)
  }
  const source = new URL(`${name}.c`, import.meta.url).pathname
  const program = join(folder, name)
  const { error, status, stderr } = spawnSync('gcc', ['-O1', '-Wall', '-o', program, source, ...libraries], {
    encoding: 'utf8',
  })
  if (error !== undefined) throw new Error('gcc is missing: apt-get install -y gcc libc6-dev')
  if (status !== 0) throw new Error(`gcc: ${stderr}`)
  return program
}

function ask(program: string, cases: readonly Case[]): Judgement[] {
  const lines: string[] = []
  const numbers = new Map<Made, number>()
  const numberOf = (certificate: Made): number => {
    let number = numbers.get(certificate)
    if (number === undefined) {
      number = numbers.size
      numbers.set(certificate, number)
      lines.push(`certificate ${certificate.der.toString('hex')}`)
    }
    return number
  }
  for (const { shape, records, names, at, pkix } of cases) {
    const rdata = records
      // Where usages 0 and 1 are not in force, nobody is to see them (RFC 7672 section 3.1.3).
      .filter(({ usage }) => pkix || usage > 1)
      .map(({ usage, selector, matchingType, data }) =>
        [usage, selector, matchingType, Buffer.from(data).toString('hex')].join(':'),
      )
    const lists = [names, rdata, shape.sent.map(numberOf), pkix ? shape.authorities.map(numberOf) : []]
    lines.push(`case ${at} ${lists.map((list) => list.join(',') || '-').join(' ')}`)
  }
  const input = `${lines.join('\n')}\n`
  const { status, stdout, stderr, signal } = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 100_000_000 })
  if (status !== 0) throw new Error(`${program}: ${signal ?? `exit status ${status}`}\n${stderr}`)
  return stdout.trimEnd().split('\n').map(readJudgement)
}

function readJudgement(said: string): Judgement {
  const [, usage, depth, bare] = /^ok(?: (\d+) (\d+) ([01]))?$/.exec(said) ?? []
  return {
    authenticated: said === 'none' || said === 'crash' ? null : said.startsWith('ok'),
    usage: usage === undefined ? undefined : Number(usage),
    // For a bare key OpenSSL counts up to the certificate below it.
    depth: depth === undefined ? undefined : Number(depth) + Number(bare),
    said,
  }
}
