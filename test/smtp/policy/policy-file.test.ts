import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { DanelawError } from '../../../src/errors.ts'
import { definePolicy } from '../../../src/smtp/policy/define.ts'
import { DEFAULT_POLICY } from '../../../src/smtp/policy/destination-policy.ts'
import { PolicyTable } from '../../../src/smtp/policy/table.ts'
import { Name } from '../../../src/wire/name.ts'
import { createLeaf, credentials } from '../../lab/certificates.ts'

const FOLDER = fileURLToPath(new URL('../../vectors/smtp/policy/', import.meta.url))
const NOW = Date.parse('2026-11-22T00:00:00Z') / 1000

describe('one file, one failure', () => {
  test.each(readdirSync(FOLDER))('%s', (name) => {
    const [header] = readFileSync(FOLDER + name, 'utf8').split('\n', 1)
    const expected = /^# expect: (?:ok|(\d+): (.+))$/.exec(header!)
    const read = () => PolicyTable.read(FOLDER + name, { now: NOW })
    if (expected === null) throw new Error(`${name} does not say what is expected`)
    if (expected[1] === undefined) {
      expect(read()).toBeInstanceOf(PolicyTable)
      return
    }
    const error = caught(read)
    expect(error).toBeInstanceOf(DanelawError)
    expect(error.place).toMatchObject({ file: FOLDER + name, line: Number(expected[1]) })
    expect(error.message).toContain(`${FOLDER}${name}:${expected[1]}: `)
    expect(error.message).toContain(expected[2])
  })

  test('there are vectors', () => expect(readdirSync(FOLDER).length).toBeGreaterThan(50))
})

describe('what holds for which destination', () => {
  const table = PolicyTable.parse(
    `example.com         dane-only
.example.com        may
.mail.example.com   encrypt
[mx.example.net]    encrypt
[mx.example.net]:25 none
[192.0.2.1]         may
*                   audit
`,
    { file: 'policy', now: NOW },
  )

  test.each([
    ['example.com', 'dane-only', 1],
    ['EXAMPLE.COM.', 'dane-only', 1],
    ['a.example.com', 'may', 2],
    ['a.b.example.com', 'may', 2],
    ['mail.example.com', 'may', 2],
    ['a.mail.example.com', 'encrypt', 3],
    ['notexample.com', 'audit', 7],
    ['com', 'audit', 7],
    ['[mx.example.net]', 'encrypt', 4],
    ['[MX.example.net]:587', 'encrypt', 4],
    ['[mx.example.net]:25', 'none', 5],
    ['[192.0.2.1]', 'may', 6],
    ['[192.0.2.2]', 'audit', 7],
    ['mx.example.net', 'audit', 7],
  ])('%s: %s', (hop, level, line) => {
    expect(table.for(hop)).toMatchObject({ level, from: `policy:${line}` })
    if (!hop.startsWith('[')) expect(table.for(Name.parse(hop))).toBe(table.for(hop))
  })

  test('nothing configured: RFC 7672', () => {
    expect(new PolicyTable().for('example.com')).toBe(DEFAULT_POLICY)
    expect(DEFAULT_POLICY).toMatchObject({ level: 'dane', unusable: { level: 'encrypt' }, dnssecOffUntil: null })
  })

  test('in code', () => {
    const own = definePolicy({ level: 'encrypt', from: 'mine' })
    const made = new PolicyTable([['example.com', own]])
    expect(made.for('example.com')).toBe(own)
    expect(
      () =>
        new PolicyTable([
          ['example.com', own],
          ['Example.com.', own],
        ]),
    ).toThrow(/there twice: mine has it too/)
    expect(() => definePolicy({ level: 'may', match: ['hostname'] })).toThrow(
      /^match: does not go with the level 'may'/,
    )
    expect(() => definePolicy({ level: 'toString' as 'may' })).toThrow(TypeError)
  })

  test('a file of authorities stands beside the file, and its faults at the line that names it', async () => {
    const { mkdtempSync, rmSync, writeFileSync } = await import('node:fs')
    const { tmpdir } = await import('node:os')
    const folder = mkdtempSync(`${tmpdir()}/danelaw-policy-`)
    try {
      const { cert, chain } = await credentials(await createLeaf({ names: ['ca.example'] }), [])
      writeFileSync(`${folder}/ca.pem`, cert)
      writeFileSync(`${folder}/policy`, 'example.com secure ca=ca.pem\nexample.net dane usages=authorities ca=ca.pem\n')
      const read = PolicyTable.read(`${folder}/policy`)
      const authorities = [new Uint8Array(chain[0]!)]
      expect(read.for('example.com')).toMatchObject({ authorities })
      expect(read.for('example.net')).toMatchObject({ usages: { authorities }, unusable: { level: 'encrypt' } })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

function caught(work: () => unknown): DanelawError {
  try {
    work()
  } catch (error) {
    return error as DanelawError
  }
  throw new Error('nothing was refused')
}
