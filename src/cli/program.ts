import { processIo } from './io.ts'
import { run } from './run.ts'

/**
 * The program: what a bundle offers to those that load it. Sets the exit code.
 * @returns whether there is nothing left to do or to write, and the process may as well end at once
 */
export async function main(): Promise<boolean> {
  const io = processIo()
  process.exitCode = await run(process.argv.slice(2), io)
  return io.isThrough
}

/** The far end of a thread of `danelaw scan`. */
export async function serveThread(): Promise<void> {
  const { serve } = await import('./scan/thread.ts')
  await serve()
}
