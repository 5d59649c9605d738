import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readLines } from '../../src/cli/scan/input.ts'
import { type ScanSettings, runScan } from '../../src/cli/scan/run-scan.ts'
import type { Checked, Checker } from '../../src/cli/scan/checker.ts'
import { CLI_LIMITS } from '../../src/limits.ts'
import type { Io } from '../../src/cli/io.ts'
import { type Lab, startLab } from '../lab/index.ts'
import { file, temporaryFolder } from './files.ts'
import { invoke } from './invoke.ts'
import { networkArguments } from './lab-files.ts'

const folder = temporaryFolder()
let lab: Lab
let network: string[]

beforeAll(async () => {
  lab = await startLab()
  network = networkArguments(folder, lab)
})
afterAll(() => lab.close())

const parsed = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

describe('danelaw scan', () => {
  const LIST = 'p256.test\n# a comment\n\nno-tlsa.test  # and another\r\nexpired.test\n'

  test('is danelaw check of each domain', async () => {
    const { status, stdout, stderr } = await invoke(['scan', '--ordered', ...network], { stdin: LIST })
    expect(status).toBe(0)
    expect(stderr).toMatch(/^danelaw: 3 lines: encrypted 1, refused 1, verified 1\n$/)
    const documents = parsed(stdout)
    for (const [index, domain] of ['p256.test', 'no-tlsa.test', 'expired.test'].entries()) {
      const { stdout: alone } = await invoke(['check', domain, '--json', ...network])
      expect(documents[index]).toEqual({ ...JSON.parse(alone), questions: null })
    }
  })

  test('from a file, by the DNS alone', async () => {
    const list = file(folder, 'list.txt', `\ufeff${LIST}`)
    const { status, stdout } = await invoke(['scan', list, '--only-dns', '--ordered', ...network])
    expect(status).toBe(0)
    expect(parsed(stdout).map(({ domain, verdict }) => [domain, verdict])).toEqual([
      ['p256.test.', null],
      ['no-tlsa.test.', null],
      ['expired.test.', 'refused'],
    ])
  })

  test('a line that is no domain has its error, and the others are looked at', async () => {
    const stdin = `a..b\nnull-mx.test\n${'x'.repeat(5000)}\nA..B`
    const { status, stdout, stderr } = await invoke(['scan', '--only-dns', '--ordered', ...network], { stdin })
    expect(status).toBe(1)
    expect(stderr).toBe('danelaw: 4 lines: error 3, unreachable 1\n')
    const documents = parsed(stdout)
    expect(documents[0]).toEqual({ line: 1, input: 'a..b', error: { code: 'bad-name', message: expect.any(String) } })
    expect(documents[1]).toMatchObject({ domain: 'null-mx.test.', verdict: 'unreachable' })
    expect(documents[2]).toMatchObject({ line: 3, error: { code: 'bad-name' } })
    expect(documents[2].input).toHaveLength(CLI_LIMITS.scanLineOctets.value)
  })

  test('a domain that occurs again is looked at once, whatever its case', async () => {
    const { stdout } = await invoke(['scan', '--only-dns', ...network], { stdin: 'p256.test\nP256.Test.\np256.test' })
    expect(parsed(stdout)).toHaveLength(1)
  })

  test('nothing in, nothing out', async () => {
    const { status, stdout, stderr } = await invoke(['scan', ...network], { stdin: '' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: 'danelaw: 0 lines\n' })
  })

  test.each([
    [['missing.txt'], 'missing.txt: cannot be read'],
    [['.'], 'is a folder'],
    [['--jobs', '0'], '--jobs'],
    [['--threads', '2', '--record', 'x'], '--record goes with one thread'],
    [['--threads', '2', '--cache', 'x'], '--cache goes with one thread'],
  ])('%j is refused', async (argv, message) => {
    const { status, stdout, stderr } = await invoke(['scan', ...argv])
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
    expect(stderr).toContain(message)
  })

  test('on a terminal there is a bar', async () => {
    const list = file(folder, 'bar.txt', LIST)
    const { stderr } = await invoke(['scan', list, '--only-dns', ...network], { terminal: true })
    expect(stderr).toMatch(/\[#+\] 100 % 1 line/)
    expect(stderr).toContain('\r\u001b[Kdanelaw: 3 lines')
  })
})

describe('lines', () => {
  const lines = async (...pieces: string[]) => {
    const found: [number, string][] = []
    const octets = (async function* () {
      for (const piece of pieces) yield Buffer.from(piece, 'latin1')
    })()
    for await (const { number, text } of readLines(octets, () => undefined)) found.push([number, text])
    return found
  }

  test('whatever pieces they come in', async () => {
    const expected = [
      [1, 'a'],
      [3, 'bc'],
      [4, 'ü'],
    ]
    expect(await lines('a\n\nbc\n\xc3\xbc')).toEqual(expected)
    expect(await lines('a', '\n', '\nb', 'c\n\xc3', '\xbc\n')).toEqual(expected)
  })

  test('one without end takes no more room than one that is too long', async () => {
    const [[number, text]] = (await lines(...Array<string>(1000).fill('x'.repeat(1000)), '\ny')) as [[number, string]]
    expect([number, text.length]).toEqual([1, CLI_LIMITS.scanLineOctets.value])
    expect(await lines('#', ...Array<string>(10).fill('x'.repeat(1000)), '\ny')).toEqual([[2, 'y']])
  })
})

/** The flow alone: domains are done when the test says so. */
describe('what is under way', () => {
  class Hand implements Checker {
    readonly asked: { readonly domain: string; readonly done: (checked?: Checked) => void }[] = []
    check(domain: string): Promise<Checked> {
      return new Promise((resolve) => {
        const done = (checked: Checked = { document: `"${domain}"`, outcome: 'verified' }): void => resolve(checked)
        this.asked.push({ domain, done })
      })
    }
  }

  const turns = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  }

  function begin(list: string[], settings: Partial<ScanSettings> = {}, output: Partial<Io['stdout']> = {}) {
    const hand = new Hand()
    const written: string[] = []
    const interrupted = new AbortController()
    const stdout = {
      write: (text: string) => void written.push(...text.trimEnd().split('\n')),
      isTerminal: false,
      ...output,
    }
    const io = {
      stdout,
      stderr: { write: () => undefined, isTerminal: false },
      signal: interrupted.signal,
    } as unknown as Io
    let read = 0
    const octets = (async function* () {
      for (const line of list) {
        read++
        yield Buffer.from(`${line}\n`)
      }
    })()
    const end = runScan({ octets, size: null }, hand, { jobs: 2, ordered: false, more: undefined, ...settings }, io)
    return { hand, written, interrupted, end, read: () => read }
  }

  test('is no more than --jobs, and nothing is read ahead', async () => {
    const { hand, written, end, read } = begin(['a', 'b', 'c', 'd', 'e'])
    await turns()
    expect(hand.asked.map(({ domain }) => domain)).toEqual(['a', 'b'])
    expect(read()).toBe(3)
    hand.asked[1]!.done()
    await turns()
    expect(hand.asked.map(({ domain }) => domain)).toEqual(['a', 'b', 'c'])
    expect(written).toEqual(['"b"'])
    hand.asked[0]!.done()
    for (const index of [2, 3, 4]) {
      await turns()
      hand.asked[index]!.done()
    }
    expect(await end).toEqual({ errors: 0 })
    expect(written).toEqual(['"b"', '"a"', '"c"', '"d"', '"e"'])
  })

  test('in order, where that is asked for', async () => {
    const { hand, written, end } = begin(['a', 'b', 'a..b', 'c'], { ordered: true, jobs: 3 })
    await turns()
    hand.asked[1]!.done()
    await turns()
    expect(written).toEqual([])
    hand.asked[0]!.done()
    await turns()
    expect(written.map((line) => JSON.parse(line).line ?? line)).toEqual(['"a"', '"b"', 3])
    hand.asked[2]!.done()
    await end
    expect(written.at(-1)).toBe('"c"')
  })

  test('holds back no more than so many results for the sake of order', async () => {
    const most = CLI_LIMITS.scanOrderWindow.value
    const list = Array.from({ length: most + 10 }, (_, i) => `d${i}`)
    const { hand, written, end } = begin(list, { ordered: true })
    // All but the first are done at once.
    const check = hand.check.bind(hand)
    hand.check = (domain) => {
      const result = check(domain)
      if (hand.asked.length > 1) hand.asked.at(-1)!.done()
      return result
    }
    while (hand.asked.length < most) await turns()
    await turns()
    expect(hand.asked).toHaveLength(most)
    expect(written).toHaveLength(0)
    hand.asked[0]!.done()
    expect(await end).toEqual({ errors: 0 })
    expect(written).toEqual(list.map((name) => `"${name}"`))
  })

  test('waits for whoever reads the output', async () => {
    let go = (): void => undefined
    const drained = () =>
      new Promise<void>((resolve) => {
        go = resolve
      })
    const { hand, end } = begin(['a', 'b'], {}, { drained })
    await turns()
    expect(hand.asked).toHaveLength(0)
    go()
    await turns()
    expect(hand.asked).toHaveLength(1)
    go()
    await turns()
    for (const { done } of hand.asked) done()
    expect(await end).toEqual({ errors: 0 })
  })

  test('is all there is, once nobody reads the output', async () => {
    const { hand, end } = begin(['a', 'b'], {}, { isClosed: true })
    expect(await end).toEqual({ errors: 0 })
    expect(hand.asked).toHaveLength(0)
  })

  test('ends with an interruption: what was done is written, and nothing is begun', async () => {
    const list = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const { hand, written, interrupted, end, read } = begin(list)
    await turns()
    hand.asked[0]!.done()
    await turns()
    interrupted.abort()
    for (const { done } of hand.asked.slice(1)) done({ document: null, outcome: 'called off' })
    await end
    expect(written).toEqual(['"a"'])
    expect(hand.asked).toHaveLength(3)
    expect(read()).toBe(4)
  })

  test('goes to others from some number of domains on', async () => {
    const from = CLI_LIMITS.scanThreadsFrom.value
    const others = new Hand()
    const list = Array.from({ length: from + 2 }, (_, i) => `d${i}`)
    const { hand, end } = begin(list, { jobs: 1000, more: () => others })
    await turns()
    while (others.asked.length < 2) await turns()
    expect(hand.asked).toHaveLength(from)
    for (const { done } of [...hand.asked, ...others.asked]) done()
    await end
  })
})
