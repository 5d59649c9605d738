import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { DanelawError } from '../errors.ts'
import { type MessageFacts, MessageScan, withCrlf } from './message-scan.ts'

/** A message in a file that was read once, and is read again piece by piece whenever it is sent. */
export class MessageFile {
  readonly facts: MessageFacts
  readonly #file: string | FileHandle
  readonly #state: FileState
  readonly #digest: string

  private constructor(file: string | FileHandle, facts: MessageFacts, state: FileState, digest: string) {
    this.#file = file
    this.facts = facts
    this.#state = state
    this.#digest = digest
  }

  /** @throws {DanelawError} `bad-message`, `file`. */
  static async read(file: string | FileHandle): Promise<MessageFile> {
    return await opened(file, async (handle) => {
      const state = await stateOf(handle, file)
      const scan = new MessageScan({ file: nameOf(file) })
      const hash = createHash('sha256')
      for await (const octets of raw(handle)) {
        scan.push(octets)
        hash.update(octets)
      }
      const facts = scan.end()
      if (!same(state, await stateOf(handle, file))) throw changed(file)
      return new MessageFile(file, facts, state, hash.digest('hex'))
    })
  }

  /** As it goes over the wire. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const { handle, release } = await take(this.#file)
    try {
      if (!same(this.#state, await stateOf(handle, this.#file))) throw changed(this.#file)
      const hash = createHash('sha256')
      let length = 0n
      let held: Uint8Array | undefined
      for await (const octets of raw(handle)) {
        hash.update(octets)
        length += BigInt(octets.length)
        // Larger than it was: no need to read on for the digest.
        if (length > this.#state.size) throw changed(this.#file)
        // With one piece held back, nobody can have the whole message before the digest has been compared.
        if (held !== undefined) yield held
        held = this.facts.lineEnd === 'lf' ? withCrlf(octets) : octets
      }
      if (held === undefined || hash.digest('hex') !== this.#digest) throw changed(this.#file)
      yield this.facts.ended ? held : Buffer.concat([held, CRLF])
    } finally {
      await release()
    }
  }
}

interface FileState {
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ino: bigint
  readonly dev: bigint
}

async function* raw(handle: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(PIECE), 0, PIECE, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function opened<T>(file: string | FileHandle, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const { handle, release } = await take(file)
  try {
    return await use(handle)
  } catch (error) {
    throw error instanceof DanelawError ? error : unreadable(file, error)
  } finally {
    await release()
  }
}

async function take(file: string | FileHandle): Promise<{ handle: FileHandle; release: () => Promise<void> }> {
  if (typeof file !== 'string') return { handle: file, release: async () => undefined }
  try {
    const handle = await open(file, 'r')
    return { handle, release: () => handle.close() }
  } catch (error) {
    throw unreadable(file, error)
  }
}

async function stateOf(handle: FileHandle, file: string | FileHandle): Promise<FileState> {
  const stat = await handle.stat({ bigint: true })
  // What cannot be read twice cannot be looked at before it is sent.
  if (!stat.isFile()) throw new DanelawError('file', 'not a regular file', { place: { file: nameOf(file) } })
  return stat
}

function same(a: FileState, b: FileState): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ino === b.ino && a.dev === b.dev
}

function changed(file: string | FileHandle): DanelawError {
  return new DanelawError('file', 'the message has changed since it was read', { place: { file: nameOf(file) } })
}

function unreadable(file: string | FileHandle, cause: unknown): DanelawError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new DanelawError('file', `cannot be read: ${why}`, { place: { file: nameOf(file) }, cause })
}

function nameOf(file: string | FileHandle): string {
  return typeof file === 'string' ? file : 'the message'
}

const CRLF = Uint8Array.of(0x0d, 0x0a)
/** Octets read at a time. */
const PIECE = 65_536
