import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Another build of the program may be measured in place of this tree's. */
const PROGRAM = process.env['DANELAW_PROGRAM'] ?? join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'main.js')

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the built program, as a user would, and waits for its end. */
export function danelaw(
  args: readonly string[],
  input: string | Uint8Array = '',
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  if (!existsSync(PROGRAM)) throw new Error('the program is not built: npm run build')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      stdio: 'pipe',
      timeout: 60_000,
      env: { ...process.env, ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, stdout, stderr }))
    child.stdin.end(input)
  })
}
