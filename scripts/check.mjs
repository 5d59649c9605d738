/** One command for everything that needs no test run: types, lint and format, import direction, unused code. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname ?? '.', '..')
const bin = (name) => join(root, 'node_modules', '.bin', name)
const steps = [
  ['types', bin('tsc'), ['-p', 'tsconfig.json']],
  ['lint and format', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['import direction', process.execPath, ['scripts/check-imports.mjs']],
  ['unused code', bin('knip'), ['--no-progress']],
]

let failed = 0
for (const [name, command, args] of steps) {
  const start = performance.now()
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`)
  if (status !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
