import type { Io } from './io.ts'

/** The one JSON document of standard output. */
export function writeJson(io: Io, document: unknown): void {
  io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
}

/** Tells somebody who waits what is going on; scripts are not told. */
export function progress(io: Io, text: string): void {
  if (io.stderr.isTerminal) io.stderr.write(`danelaw: ${text}\n`)
}
