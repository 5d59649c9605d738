import { DanelawError } from '../errors.ts'
import { DANE_LIMITS } from '../limits.ts'
import { readText } from '../resolver/read-text.ts'

/**
 * Reads a PEM file.
 * @param count how many blocks there may be, in base64 with line ends, and what is written around them
 * @throws {DanelawError} `file`, `bad-certificate`
 */
export function readPemFile<T>(path: string, count: number, read: (text: string, file: string) => T): T {
  try {
    return read(readText(path, count * DANE_LIMITS.certificateOctets.value * 2), path)
  } catch (error) {
    if (!(error instanceof DanelawError) || error.code !== 'file' || !error.message.endsWith('UTF-8 text')) throw error
    throw new DanelawError('bad-certificate', 'is not PEM', {
      place: error.place,
      hint: "for a certificate in DER, use 'openssl x509 -inform der' first",
      cause: error,
    })
  }
}
