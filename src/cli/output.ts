import type { Io } from './io.ts'

/** The one JSON document of standard output. */
export function writeJson(io: Io, document: unknown): void {
  io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}
