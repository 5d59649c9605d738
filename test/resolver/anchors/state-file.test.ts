import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { withLock } from '../../../src/resolver/anchors/lock.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import { parseState } from '../../../src/resolver/anchors/state-text.ts'
import { type FileSteps, writeFile } from '../../../src/resolver/anchors/write-file.ts'
import { makeKey } from '../../lab/signer/key.ts'
import { TrustPointLab } from './trust-point-lab.ts'

const lab = new TrustPointLab()
afterAll(() => lab[Symbol.dispose]())
const key = makeKey({ role: 'ksk' })
const real: FileSteps = { ...fs }
const path = (name: string): string => join(lab.folder, name)

describe('a file that is replaced', () => {
  const target = path('target')
  beforeEach(() => fs.writeFileSync(target, 'old'))

  const STEPS = ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync', 'unlinkSync'] as const

  /** A process that dies at the n-th step it takes, before or after it has its effect. */
  function dying(at: number, after: boolean): { steps: FileSteps; died: () => boolean } {
    let count = 0
    let dead = false
    const wrapped = Object.fromEntries(
      STEPS.map((name) => [
        name,
        (...args: unknown[]) => {
          if (dead) throw new Error('dead')
          dead = count++ === at
          if (dead && !after) throw new Error('dies')
          const result = (real[name] as (...all: unknown[]) => unknown)(...args)
          if (dead) throw new Error('dies')
          return result
        },
      ]),
    )
    return { steps: { ...fs, ...wrapped }, died: () => dead }
  }

  test('is the old one or the new one, wherever the process dies', () => {
    const seen: string[] = []
    for (let at = 0, lived = false; !lived; at++) {
      for (const after of [false, true]) {
        fs.writeFileSync(target, 'old')
        const { steps, died } = dying(at, after)
        try {
          writeFile(target, 'new', steps)
        } catch {}
        lived = !died()
        const content = fs.readFileSync(target, 'utf8')
        expect(content, `step ${at}`).toMatch(/^(?:old|new)$/)
        seen.push(content)
        // What was left lying about is not in the way.
        writeFile(target, 'next')
        expect(fs.readFileSync(target, 'utf8')).toBe('next')
      }
    }
    expect(seen.slice(0, 2)).toEqual(['old', 'old'])
    expect(seen.at(-1)).toBe('new')
    expect(seen.length).toBeGreaterThan(12)
  })

  test('is on the disk before it gets its name, and the name after that', () => {
    const calls: string[] = []
    const watched = Object.fromEntries(
      STEPS.map((name) => [
        name,
        (...args: unknown[]) => {
          calls.push(name)
          return (real[name] as (...all: unknown[]) => unknown)(...args)
        },
      ]),
    )
    writeFile(target, 'new', { ...fs, ...watched })
    const order = [
      'openSync',
      'writeSync',
      'fsyncSync',
      'closeSync',
      'renameSync',
      'openSync',
      'fsyncSync',
      'closeSync',
    ]
    expect(calls).toEqual(order)
  })

  test('leaves nothing behind where writing fails, and is as it was', () => {
    const full: FileSteps = {
      ...fs,
      writeSync: (() => {
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      }) as FileSteps['writeSync'],
    }
    const before = fs.readdirSync(lab.folder)
    expect(() => writeFile(target, 'new', full)).toThrow(
      expect.objectContaining({ code: 'file', message: `${target}: cannot be written: ENOSPC` }),
    )
    expect(fs.readFileSync(target, 'utf8')).toBe('old')
    expect(fs.readdirSync(lab.folder)).toEqual(before)
  })

  test('is written in as many pieces as the system takes', () => {
    const slow: FileSteps = {
      ...fs,
      writeSync: ((file: number, octets: Uint8Array, at: number) =>
        fs.writeSync(file, octets, at, Math.min(3, octets.length - at))) as FileSteps['writeSync'],
    }
    writeFile(target, 'a longer text', slow)
    expect(fs.readFileSync(target, 'utf8')).toBe('a longer text')
  })

  test('keeps its mode, and a link stays a link', () => {
    fs.chmodSync(target, 0o600)
    const link = path('link')
    fs.symlinkSync(target, link)
    writeFile(link, 'new')
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true)
    expect(fs.statSync(target).mode & 0o777).toBe(0o600)
    expect(fs.readFileSync(target, 'utf8')).toBe('new')
  })

  test('needs a folder', () => {
    expect(() => writeFile(path('nowhere/file'), 'x')).toThrow(expect.objectContaining({ code: 'file' }))
  })
})

describe('the lock', () => {
  const file = path('locked')

  test('lets one in after the other', async () => {
    const order: string[] = []
    await withLock(file, () => order.push(fs.existsSync(`${file}.lock`) ? 'locked' : 'open'))
    expect(order).toEqual(['locked'])
    expect(fs.existsSync(`${file}.lock`)).toBe(false)
    await expect(
      withLock(file, () => {
        throw new Error('work failed')
      }),
    ).rejects.toThrow('work failed')
    expect(fs.existsSync(`${file}.lock`)).toBe(false)
  })

  test('of a process at work is waited for, and not for ever', async () => {
    fs.writeFileSync(`${file}.lock`, `${process.pid} 0123456789ab\n`)
    await expect(withLock(file, () => 1, 0)).rejects.toMatchObject({
      code: 'file',
      message: `${file}: is being changed by process ${process.pid}`,
    })
    const waiting = withLock(file, () => 2)
    fs.unlinkSync(`${file}.lock`)
    expect(await waiting).toBe(2)
  })

  test('of a process that is gone does not count', async () => {
    fs.writeFileSync(`${file}.lock`, `${2 ** 22 + 1} 0123456789ab\n`)
    expect(await withLock(file, () => 3, 100)).toBe(3)
    expect(fs.readdirSync(lab.folder).filter((name) => name.includes('.lock'))).toEqual([])
  })

  test('that is not whole is being written', async () => {
    fs.writeFileSync(`${file}.lock`, '12')
    await expect(withLock(file, () => 4, 0)).rejects.toMatchObject({ code: 'file' })
    fs.unlinkSync(`${file}.lock`)
  })
})

describe('the file of state', () => {
  const anchors = lab.anchors(key, makeKey({ role: 'ksk' }))
  let good = ''

  beforeEach(async () => {
    fs.rmSync(lab.state, { force: true })
    lab.published = [
      { key, as: 'signing' },
      { key: makeKey({ role: 'ksk' }), as: 'standby' },
    ]
    await lab.refresh(anchors, true)
    good = fs.readFileSync(lab.state, 'utf8')
  })

  const open = () => new Resolver({ trustAnchors: anchors, trustAnchorState: lab.state, upstreams: ['192.0.2.1'] })

  test('is read back as it was', () => {
    const [point] = parseState(good, 'state')
    expect(point!.keys.map(({ state }) => state)).toEqual(['Valid', 'Missing', 'AddPend'])
    expect(point).toMatchObject({ lastValidated: lab.now, retryInterval: 17_280 })
  })

  test('whose every beginning is not a state', () => {
    for (let length = 0; length < good.length - 1; length += 7) {
      fs.writeFileSync(lab.state, good.slice(0, length))
      expect(open, String(length)).toThrow(expect.objectContaining({ code: 'bad-anchor' }))
    }
  })

  const change = (path_: readonly (string | number)[], value: unknown): string => {
    const document = JSON.parse(good)
    let place = document
    for (const name of path_.slice(0, -1)) place = place[name]
    if (value === undefined) delete place[path_.at(-1)!]
    else place[path_.at(-1)!] = value
    return JSON.stringify(document)
  }

  test.each([
    [['format'], 'danelaw trust anchor state 2', 'format is not'],
    [['more'], 1, 'the document has more, which is not known'],
    [['zones'], {}, 'zones is no list'],
    [['zones', 0, 'zone'], 'a..b', "'a..b'"],
    [['zones', 0, 'zone'], 7, 'zones[0].zone is no text'],
    [['zones', 0, 'keys'], undefined, 'zones[0] has no keys'],
    [['zones', 0, 'nextLook'], '2026-13-01T00:00:00Z', 'zones[0].nextLook is not a time'],
    [['zones', 0, 'retryInterval'], 0, 'zones[0].retryInterval is not a number'],
    [['zones', 0, 'keys', 0, 'state'], 'Start', 'zones[0].keys[0].state is none of'],
    [['zones', 0, 'keys', 0, 'keyTag'], 1, 'another key tag'],
    [['zones', 0, 'keys', 0, 'dnskey'], '257 3 13 AAAA', 'another key tag'],
    [['zones', 0, 'keys', 0, 'dnskey'], '385 3 13 AAAA', 'is no DNSKEY'],
    [['zones', 0, 'keys', 0, 'dnskey'], '257 3 13 A===', 'is no DNSKEY'],
    [['zones', 0, 'keys', 1, 'ds'], '1 13 2 abc', 'is no DS'],
    [['zones', 0, 'keys', 1, 'ds'], '99999 13 2 abcd', 'is no DS'],
    [['zones', 0, 'keys', 1, 'state'], 'Revoked', 'is a DS and its state Revoked'],
    [['zones', 0, 'keys', 2, 'holdDownUntil'], null, 'holdDownUntil does not go with its state'],
    [['zones', 0, 'keys', 0, 'holdDownUntil'], '2026-11-22T00:00:00Z', 'holdDownUntil does not go with its state'],
    [['zones', 0, 'keys', 2, 'holdDownUntil'], '2023-12-01T00:00:00Z', 'less than 30 days after since'],
    [['zones', 0, 'keys'], Array(400).fill(0), 'zones[0].keys has 400 entries'],
  ] as const)('%j as %j is refused as a whole', (place, value, message) => {
    fs.writeFileSync(lab.state, change(place, value))
    expect(open).toThrow(expect.objectContaining({ code: 'bad-anchor', message: expect.stringContaining(message) }))
    expect(open).toThrow(expect.objectContaining({ place: { file: lab.state } }))
  })

  test('with a zone twice is refused', () => {
    const document = JSON.parse(good)
    fs.writeFileSync(lab.state, JSON.stringify({ ...document, zones: [document.zones[0], document.zones[0]] }))
    expect(open).toThrow('a zone stands there twice')
  })

  test('that cannot be read is not an empty one', () => {
    fs.rmSync(lab.state)
    fs.mkdirSync(lab.state)
    expect(open).toThrow(expect.objectContaining({ code: 'file' }))
    fs.rmdirSync(lab.state)
    const below = () => new Resolver({ trustAnchorState: path('target/state'), upstreams: ['192.0.2.1'] })
    fs.writeFileSync(path('target'), '')
    expect(below).toThrow(expect.objectContaining({ code: 'file' }))
  })

  test('that another process changed meanwhile is not overwritten', async () => {
    lab.now += 2 * 86_400
    await using resolver = lab.resolver(anchors)
    let looks = 0
    lab.onPath = () => {
      // A second process finds the key revoked while the first one looks.
      if (looks++ === 0) fs.writeFileSync(lab.state, good.replace('"state": "Valid"', '"state": "Revoked"'))
      return lab.published
    }
    await resolver.refreshTrustAnchors()
    lab.onPath = undefined
    expect((await lab.states(anchors))[key.keyTag]).toBe('Revoked')
    expect((await resolver.query('www.example')).status).toBe('bogus')
  })

  test('keeps out what configuration says of a key that is revoked, and takes in what is new', async () => {
    fs.writeFileSync(lab.state, good.replace('"state": "Valid"', '"state": "Revoked"'))
    const fresh = makeKey({ role: 'ksk' })
    await using resolver = lab.resolver(lab.anchors(key, fresh))
    const tags = resolver.trustAnchors.anchors.flatMap(({ ds }) => ds.map(({ keyTag }) => keyTag))
    expect(tags).toContain(fresh.keyTag)
    expect(tags).not.toContain(key.keyTag)
    expect(resolver.trustAnchors.anchors[0]!.dnskeys).toEqual([])
  })
})
