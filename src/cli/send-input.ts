import { tmpdir } from 'node:os'
import { DanelawError } from '../errors.ts'
import { CLI_LIMITS } from '../limits.ts'
import { Message } from '../smtp/message.ts'
import { namelessFile } from '../smtp/nameless-file.ts'
import type { Io } from './io.ts'

/** Standard input as it comes in, up to the limit of a message; ends with an error when the user interrupts. */
export async function* messageInput({ stdin, signal }: Io): AsyncGenerator<Uint8Array, void, undefined> {
  let length = 0
  const limit = CLI_LIMITS.messageOctets.value
  for await (const piece of stdin) {
    signal.throwIfAborted()
    length += piece.length
    if (length > limit) {
      throw new DanelawError('bad-message', `a message of more than ${limit} octets`, { place: { file: STDIN } })
    }
    yield piece
  }
  signal.throwIfAborted()
}

/**
 * Runs `work` with the message on standard input. A large one stands in a temporary file.
 * @throws {DanelawError} `bad-message`, `file`
 */
export async function withMessage<T>(io: Io, work: (message: Message) => Promise<T>): Promise<T> {
  const pieces: Uint8Array[] = []
  let length = 0
  const input = messageInput(io)
  for (let next = await input.next(); next.done !== true; next = await input.next()) {
    pieces.push(next.value)
    length += next.value.length
    if (length > CLI_LIMITS.messageOctetsHeld.value) return await withFile(pieces, input, work)
  }
  return await work(Message.parse(Buffer.concat(pieces), { file: STDIN }))
}

async function withFile<T>(
  held: Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
  work: (message: Message) => Promise<T>,
): Promise<T> {
  const file = await onDisk(namelessFile)
  try {
    for (const piece of held.splice(0)) await onDisk(() => file.writeFile(piece))
    for await (const piece of rest) await onDisk(() => file.writeFile(piece))
    return await work(await Message.fromFile(file))
  } finally {
    await file.close()
  }
}

async function onDisk<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new DanelawError('file', `cannot be written: ${code}`, { place: { file: tmpdir() }, cause: error })
  }
}

export const STDIN = 'standard input'
