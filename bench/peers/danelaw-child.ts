import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Batch, BatchResult } from './danelaw-process.ts'

/** `danelaw-process.ts`, started. */
export interface DanelawChild extends AsyncDisposable {
  ask(batch: Batch): Promise<BatchResult>
}

export function startDanelaw(port: number, anchorFile: string): DanelawChild {
  const script = fileURLToPath(new URL('danelaw-process.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, String(port), anchorFile], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(batch) {
      child.stdin.write(`${JSON.stringify(batch)}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error('danelaw ended in the middle of its work')
      return JSON.parse(value) as BatchResult
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}
