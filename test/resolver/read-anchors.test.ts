import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT_ANCHORS } from '../../src/dnssec/root-anchors.ts'
import { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { gatherAnchors, readAnchors } from '../../src/resolver/read-anchors.ts'
import { Name } from '../../src/wire/name.ts'

const DS = `example. IN DS 7 13 2 ${'ab'.repeat(32)}`
const XML = join(import.meta.dirname, '../../trust-anchors/root-anchors.xml')
let folder = ''
const path = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danelaw-'))
  writeFileSync(path('ds'), `${DS}\n`)
  writeFileSync(path('bad'), '\n. IN A 192.0.2.1\n')
  writeFileSync(path('binary'), Uint8Array.of(0xff, 0xfe, 0x00))
  writeFileSync(path('large'), '\n'.repeat(1_048_577))
  mkdirSync(path('folder'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('files', () => {
  test('are read', () => {
    expect(readAnchors(path('ds')).map(({ zone }) => zone.toString())).toEqual(['example.'])
    expect(readAnchors(pathToFileURL(XML))[0]!.ds.map(({ keyTag }) => keyTag)).toEqual([19036, 20326, 38696])
  })

  test('may begin with a byte order mark', () => {
    writeFileSync(path('marked'), `\ufeff${readFileSync(path('ds'), 'utf8')}`)
    expect(readAnchors(path('marked'))).toEqual(readAnchors(path('ds')))
  })

  test.each([
    ['absent', 'does not exist'],
    ['ds/below', 'does not exist'],
    ['folder', 'is a directory'],
    ['binary', 'is not UTF-8 text'],
    ['large', 'has more than 1048576 octets'],
  ])('%s: %s', (name, why) => {
    const message = `${path(name)}: ${why}`
    expect(() => readAnchors(path(name))).toThrow(expect.objectContaining({ code: 'file', message }))
  })

  test('with something else in them name the file and the line', () => {
    expect(() => readAnchors(path('bad'))).toThrow(
      expect.objectContaining({ code: 'bad-anchor', message: expect.stringContaining(`${path('bad')}:2:`) }),
    )
  })
})

describe('the anchors of a resolver', () => {
  const zones = (anchors: TrustAnchors) => anchors.anchors.map(({ zone }) => zone.toString())
  const negative = [{ zone: Name.parse('broken.example'), until: 1 }]

  test('are those of the root where none are given', () => {
    expect(gatherAnchors(undefined).anchors).toEqual(ROOT_ANCHORS)
  })

  test('come from anchors, paths, addresses of files and texts', () => {
    expect(zones(gatherAnchors(ROOT_ANCHORS[0]!))).toEqual(['.'])
    expect(zones(gatherAnchors(path('ds')))).toEqual(['example.'])
    expect(zones(gatherAnchors(pathToFileURL(path('ds'))))).toEqual(['example.'])
    expect(zones(gatherAnchors(DS))).toEqual(['example.'])
    expect(zones(gatherAnchors(`${DS}\n`))).toEqual(['example.'])
    expect(
      zones(
        gatherAnchors(
          '<TrustAnchor'.concat(
            ' id="a" source="b"><Zone>z.</Zone><KeyDigest id="k" validFrom="2017-01-01T00:00:00Z"><KeyTag>1</KeyTag><Algorithm>8</Algorithm><DigestType>1</DigestType><Digest>',
            '00'.repeat(20),
            '</Digest></KeyDigest></TrustAnchor>',
          ),
        ),
      ),
    ).toEqual(['z.'])
    expect(zones(gatherAnchors([ROOT_ANCHORS[0]!, path('ds'), XML]))).toEqual(['.', 'example.'])
  })

  test('an empty list is none at all, not the built-in ones', () => {
    expect(gatherAnchors([]).anchors).toEqual([])
  })

  test('keep the negative ones', () => {
    const given = new TrustAnchors(ROOT_ANCHORS, negative)
    expect(gatherAnchors(given)).toBe(given)
    expect(gatherAnchors(given, negative).negative).toHaveLength(2)
    expect(gatherAnchors(undefined, negative).negative).toEqual(negative)
  })
})
