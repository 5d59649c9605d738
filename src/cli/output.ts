import type { Io } from './io.ts'

/** The one JSON document of standard output. */
export function writeJson(io: Io, document: unknown): void {
  io.stdout.write(jsonText(document))
}

export function jsonText(document: unknown): string {
  return `${JSON.stringify(document, null, 2)}\n`
}

/** The last that a command writes to standard output, when its work is done. */
export function writeLast({ stdout }: Io, text: string): void {
  if (stdout.writeLast === undefined) stdout.write(text)
  else stdout.writeLast(text)
}

/** Tells somebody who waits what is going on; scripts are not told. */
export function progress(io: Io, text: string): void {
  if (io.stderr.isTerminal) io.stderr.write(`danelaw: ${text}\n`)
}
