/** `npm run test:recorded -- FOLDER`: runs the tests on recorded data, which is not part of the project. */
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const [folder, ...more] = process.argv.slice(2)
if (folder === undefined || more.length > 0) fail('give one folder of recorded data: npm run test:recorded -- FOLDER')
// npm changes to the package's folder; the path is the caller's.
const path = resolve(process.env.INIT_CWD ?? '.', folder)
if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) fail(`${folder} is not a folder`)

const root = join(import.meta.dirname ?? '.', '..')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', 'recorded'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, DANELAW_RECORDED_DIR: path },
})
process.exitCode = status ?? 1

function fail(message) {
  console.error(`test:recorded: ${message}`)
  process.exit(64)
}
