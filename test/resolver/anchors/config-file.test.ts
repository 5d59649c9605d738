import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readAnchorConfig } from '../../../src/resolver/anchors/config-file.ts'
import { gatherAnchors } from '../../../src/resolver/read-anchors.ts'

const folder = mkdtempSync(join(tmpdir(), 'danelaw-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'anchors.conf')
const DIGEST = 'ab'.repeat(32)

function config(text: string): string {
  writeFileSync(path, text)
  return path
}

test('every kind of line', () => {
  writeFileSync(join(folder, 'corp.ds'), `corp.example. IN DS 7 13 2 ${DIGEST}\n`)
  const { anchors, negative } = readAnchorConfig(
    config(
      [
        '# anchors of our own',
        '',
        `anchor example. DS 1 13 2 ${DIGEST}   # the one`,
        `  anchor Example. ds 2 13 2 ${DIGEST.slice(0, 32)} ${DIGEST.slice(32)}\r`,
        'anchor test DNSKEY 257 3 13 AQID',
        'anchor-file corp.ds',
        `anchor-file ${join(folder, 'corp.ds')}`,
        'negative broken.example. until 2026-12-01T00:00:00Z  # their signer has stopped',
        'negative other.example until 2026-12-01T02:00:00.5+02:00',
      ].join('\n'),
    ),
  )
  expect(
    anchors.map(({ zone, ds, dnskeys }) => [String(zone), ds.map(({ keyTag }) => keyTag), dnskeys.length]),
  ).toEqual([
    ['example.', [1], 0],
    ['Example.', [2], 0],
    ['test.', [], 1],
    ['corp.example.', [7], 0],
    ['corp.example.', [7], 0],
  ])
  expect(negative.map(({ zone, until }) => [String(zone), until])).toEqual([
    ['broken.example.', 1_796_083_200],
    ['other.example.', 1_796_083_200],
  ])
  expect(readAnchorConfig(config(''))).toEqual({ anchors: [], negative: [] })
})

describe('what is wrong is told with file and line', () => {
  test.each([
    ['trust example. DS 1 13 2 ab', 'bad-config', "'trust' where anchor, anchor-file or negative was expected"],
    ['Anchor example. DS 1 13 2 ab', 'bad-config', "'Anchor' where"],
    ['anchor', 'bad-config', 'anchor is followed by neither'],
    ['anchor example.', 'bad-config', 'anchor is followed by neither'],
    ['anchor example. TXT abc', 'bad-config', 'anchor is followed by neither'],
    [`anchor example. 3600 DS 1 13 2 ${DIGEST}`, 'bad-config', 'anchor is followed by neither'],
    [`anchor example. DS ( 1 13 2 ${DIGEST}`, 'bad-config', 'anchor is followed by neither'],
    ['anchor example. DS 1 13 2 abcd', 'bad-anchor', 'a digest of type 2 has 32 octets, and this one 2'],
    ['anchor example. DS 1 13 2', 'bad-anchor', ''],
    ['anchor example. DNSKEY 385 3 13 AQID', 'bad-anchor', 'revoked'],
    [`anchor a..b DS 1 13 2 ${DIGEST}`, 'bad-config', 'a..b'],
    ['anchor-file', 'bad-config', 'anchor-file is followed by no path'],
    ['negative example.', 'bad-config', 'negative is not followed by ZONE until TIME'],
    ['negative example. until', 'bad-config', 'negative is not followed by ZONE until TIME'],
    ['negative example. until 2026-12-01', 'bad-config', "'2026-12-01' is not a time"],
    ['negative example. until 2026-02-30T00:00:00Z', 'bad-config', 'is not a time'],
    ['negative example. until 2026-12-01T00:00:00', 'bad-config', 'is not a time'],
    ['negative a..b until 2026-12-01T00:00:00Z', 'bad-config', 'a..b'],
  ])('%s', (line, code, message) => {
    const read = () => readAnchorConfig(config(`# first\n${line}\n`))
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
    expect(read).toThrow(expect.objectContaining({ place: expect.objectContaining({ file: path, line: 2 }) }))
    expect(read).toThrow(new RegExp(`^${path}:2: (?!${path})`))
  })

  test('a file that is named and not there', () => {
    const read = () => readAnchorConfig(config('anchor-file nowhere\n'))
    expect(read).toThrow(expect.objectContaining({ code: 'file', place: { file: join(folder, 'nowhere') } }))
  })
})

describe('with the others', () => {
  const zones = (...args: Parameters<typeof gatherAnchors>): string[] =>
    gatherAnchors(...args).anchors.map(({ zone, ds }) => `${zone} ${ds.map(({ keyTag }) => keyTag)}`)

  test('the built-in ones stay where the file has none of the root', () => {
    const file = config(`anchor example. DS 1 13 2 ${DIGEST}\n`)
    expect(zones(undefined, [], file)).toEqual(['. 20326,38696', 'example. 1'])
  })

  test('and give way where it has', () => {
    expect(zones(undefined, [], config(`anchor . DS 1 13 2 ${DIGEST}\n`))).toEqual(['. 1'])
  })

  test('those given are there beside them', () => {
    const file = config(`anchor . DS 1 13 2 ${DIGEST}\nnegative test until 2026-12-01T00:00:00Z\n`)
    expect(zones(`. IN DS 9 13 2 ${DIGEST}`, [], file)).toEqual(['. 9,1'])
    expect(zones(gatherAnchors(`. IN DS 9 13 2 ${DIGEST}`), [], file)).toEqual(['. 9,1'])
    expect(gatherAnchors(gatherAnchors(undefined), [], file).negative).toHaveLength(1)
  })
})
