import { mkdtemp, open, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DanelawError } from '../../src/errors.ts'
import { Message } from '../../src/smtp/message.ts'
import { latin1, type VectorOctets, vectorOctets, vectors } from './vectors.ts'

interface MessageVector {
  readonly octets: VectorOctets
  readonly expect: { readonly content: VectorOctets } | { readonly error: string; readonly line: number }
}

let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'danelaw-message-'))
  path = join(folder, 'mail.eml')
})
afterAll(() => rm(folder, { recursive: true }))

describe('a message in a file', () => {
  test.each(vectors<MessageVector>('messages'))(
    'as parse has it: $name: $what',
    async ({ octets, expect: expected }) => {
      await writeFile(path, vectorOctets(octets))
      if ('error' in expected) {
        const error = await failure(Message.fromFile(path))
        expect(error.code).toBe(expected.error)
        expect(error.place).toEqual({ file: path, line: expected.line })
        return
      }
      const [read, parsed] = [await Message.fromFile(path), Message.parse(vectorOctets(octets))]
      expect(latin1(await whole(read))).toBe(latin1(parsed.octets!))
      const { size, eightBit, needsUtf8, header } = parsed
      expect(read).toMatchObject({ octets: null, size, eightBit, needsUtf8 })
      expect(latin1(read.header)).toBe(latin1(header))
    },
  )

  test('line ends at the seams of pieces', async () => {
    for (const end of ['\n', '\r\n']) {
      for (const shift of [0, 1, 2, 3]) {
        const text = `A: ${'b'.repeat(shift)}${end}${end}${`${'x'.repeat(62)}${end}`.repeat(4200)}no end`
        await writeFile(path, text)
        expect(latin1(await whole(await Message.fromFile(path)))).toBe(latin1(Message.parse(text).octets!))
      }
    }
  })

  test('an open file is read from its start, several times, and stays open', async () => {
    await writeFile(path, 'A: b\n\nbody\n')
    const handle = await open(path)
    try {
      await handle.read(Buffer.alloc(5), 0, 5, null)
      const message = await Message.fromFile(handle)
      const both = await Promise.all([whole(message), whole(message)])
      expect(both.map(latin1)).toEqual(Array(2).fill('A: b\r\n\r\nbody\r\n'))
      expect((await handle.stat()).size).toBe(11)
    } finally {
      await handle.close()
    }
  })

  test('what cannot be read', async () => {
    expect((await failure(Message.fromFile(join(folder, 'missing')))).code).toBe('file')
    expect((await failure(Message.fromFile(folder))).code).toBe('file')
    expect((await failure(Message.fromFile('/dev/null'))).message).toContain('not a regular file')
  })

  test('a header without end is not kept', async () => {
    await writeFile(path, `A: b\n${`B: ${'c'.repeat(900)}\n`.repeat(1200)}`)
    expect((await failure(Message.fromFile(path))).message).toContain('a header of more than')
  })
})

describe('a file that has changed', () => {
  const LINES = 'A: b\n\n'.concat(`${'x'.repeat(63)}\n`.repeat(5000))

  test.each([
    ['is longer', `${LINES}more\n`],
    ['is shorter', LINES.slice(0, -64)],
    ['has other octets', LINES.replace('x', 'y')],
  ])('and %s', async (_, now) => {
    await writeFile(path, LINES)
    const message = await Message.fromFile(path)
    await writeFile(path, now)
    const { octets, error } = await broken(message)
    expect(error).toMatchObject({ code: 'file', place: { file: path } })
    expect(octets).toBe(0)
  })

  test('while it is read, with its size and times as they were: the last piece does not come', async () => {
    await writeFile(path, LINES)
    const handle = await open(path, 'r+')
    try {
      const { atimeMs, mtimeMs } = await handle.stat()
      await utimes(path, atimeMs / 1000, Math.floor(mtimeMs / 1000))
      const message = await Message.fromFile(path)
      const { octets, error } = await broken(message, async () => {
        await handle.write('y', LINES.length - 100)
        await utimes(path, atimeMs / 1000, Math.floor(mtimeMs / 1000))
      })
      expect(error).toMatchObject({ code: 'file' })
      expect(octets).toBeGreaterThan(0)
      expect(octets).toBeLessThan(message.size)
    } finally {
      await handle.close()
    }
  })

  test('while it is read, by growing: no more is read of it than it had', async () => {
    await writeFile(path, LINES)
    const message = await Message.fromFile(path)
    const { octets, error } = await broken(message, () => writeFile(path, LINES.repeat(3), { flag: 'a' }))
    expect(error).toMatchObject({ code: 'file' })
    expect(octets).toBeLessThan(message.size)
  })

  test('and is gone', async () => {
    await writeFile(path, LINES)
    const message = await Message.fromFile(path)
    await rm(path)
    expect((await broken(message)).error).toMatchObject({ code: 'file' })
  })

  test('octets of a file are as they were', async () => {
    await writeFile(path, LINES)
    const message = await Message.fromFile(path)
    expect(await whole(message)).toHaveLength((await readFile(path)).length + 5002)
  })
})

async function whole(message: Message): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of message.pieces()) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** How many octets came before the error; `meanwhile` happens behind the first piece. */
async function broken(
  message: Message,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<{ octets: number; error: unknown }> {
  let octets = 0
  try {
    for await (const piece of message.pieces()) {
      if (octets === 0) await meanwhile()
      octets += piece.length
    }
  } catch (error) {
    return { octets, error }
  }
  throw new Error('nothing was thrown')
}

async function failure(promise: Promise<unknown>): Promise<DanelawError> {
  const error = await promise.catch((thrown: unknown) => thrown)
  if (error instanceof DanelawError) return error
  throw error
}
