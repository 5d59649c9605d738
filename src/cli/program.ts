import { processIo } from './io.ts'
import { run } from './run.ts'

/** The program: what a bundle offers to those that load it. */
export async function main(): Promise<void> {
  process.exitCode = await run(process.argv.slice(2), processIo())
}

/** The far end of a thread of `danelaw scan`. */
export async function serveThread(): Promise<void> {
  const { serve } = await import('./scan/thread.ts')
  await serve()
}
