import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { DanelawError } from '../../errors.ts'
import { Message } from '../message.ts'
import { namelessFile } from '../nameless-file.ts'
import { transportError } from './transport-error.ts'

/** A composed message, in memory or in a file without a name. */
export interface Spooled {
  readonly message: Message
  /** Lets go of the file. */
  dispose(): Promise<void>
}

/**
 * Reads a composed message to its end, so that it can be sent to several hosts and anew to another one.
 * @throws {TransportError} `ESTREAM` where it cannot be read, `EMESSAGE` where it is too large or cannot be sent
 */
export async function spool(
  stream: Readable,
  limits: { readonly messageOctets: number; readonly memoryOctets: number },
): Promise<Spooled> {
  const lines = new LineEnds()
  const inMemory: Uint8Array[] = []
  let length = 0
  let file: FileHandle | undefined
  const dispose = async (): Promise<void> => await file?.close()
  try {
    for await (const piece of chunks(stream)) {
      const chunk = lines.piece(piece)
      length += chunk.length
      if (length > limits.messageOctets) {
        throw transportError('EMESSAGE', `Message size larger than allowed ${limits.messageOctets}`, { command: 'API' })
      }
      if (file === undefined && length > limits.memoryOctets) {
        file = await namelessFile()
        for (const earlier of inMemory.splice(0)) await file.writeFile(earlier)
      }
      if (file === undefined) inMemory.push(chunk)
      else await file.writeFile(chunk)
    }
    const last = lines.end()
    if (file === undefined) return { message: Message.parse(Buffer.concat([...inMemory, last])), dispose }
    await file.writeFile(last)
    return { message: await Message.fromFile(file), dispose }
  } catch (error) {
    stream.destroy()
    await dispose()
    if (!(error instanceof DanelawError)) throw error
    throw transportError('EMESSAGE', `Message failed: ${error.message}`, { command: 'API', cause: error })
  }
}

async function* chunks(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    throw Object.assign(transportError('ESTREAM', message, { command: 'API', cause: error }), {
      ...(code !== undefined && { originalCode: code }),
    })
  }
}

/** Makes all line ends CRLF, bare CR included, as nodemailer's own transports do: nothing is left to be smuggled. */
class LineEnds {
  #afterCr = false

  piece(octets: Uint8Array): Uint8Array {
    if (octets.length === 0) return octets
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
    // An LF behind the CR of the piece before belongs to it.
    const rest = this.#afterCr && text.startsWith('\n') ? text.slice(1) : text
    const front = this.#afterCr ? '\n' : ''
    this.#afterCr = rest.endsWith('\r')
    const whole = this.#afterCr ? rest.slice(0, -1) : rest
    return Buffer.from(`${front}${whole.replace(/\r\n|\r|\n/g, '\r\n')}${this.#afterCr ? '\r' : ''}`, 'latin1')
  }

  end(): Uint8Array {
    return this.#afterCr ? Uint8Array.of(0x0a) : new Uint8Array(0)
  }
}
