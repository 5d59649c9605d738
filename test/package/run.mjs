/**
 * `npm run test:package`: packs the package, installs it in an empty folder, and uses it there as its users do: the
 * program, every entry point, and the types under a strict compiler.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

const NEEDED = [
  'LICENSE',
  'package.json',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/wire/index.d.ts',
  'dist/dnssec/index.d.ts',
  'dist/dane/index.d.ts',
  'dist/smtp/index.d.ts',
  'dist/undici.d.ts',
  'dist/nodemailer.js',
  'dist/nodemailer.d.ts',
  'dist/cli/main.js',
  'dist/cli/thread.js',
  'dist/cli/package.json',
  'dist/THIRD-PARTY-NOTICES.txt',
]

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
  },
  files: ['consumer.ts'],
}

const folder = mkdtempSync(join(tmpdir(), 'danelaw-package-'))
const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' })

try {
  const packed = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root))[0]
  checkContents(packed.files.map(({ path }) => path))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(folder, packed.filename)])

  const version = run('npx', ['--no-install', 'danelaw', '--version']).trim()
  expect('the program says its version', version, `danelaw ${packed.version}`)
  const demo = JSON.parse(run('npx', ['--no-install', 'danelaw', 'demo', '--json']))
  expect('the demo passes', demo.passed, true)

  copyFileSync(join(root, 'test', 'package', 'consumer.ts.txt'), join(folder, 'consumer.ts'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder])
  expect('the library works', run('node', ['consumer.js']).trim(), 'indeterminate')
  console.log(`ok: ${packed.filename}, ${packed.files.length} files, ${packed.size} octets packed`)
} catch (error) {
  console.error(error.stdout || error.stderr ? `${error.message}\n${error.stdout}\n${error.stderr}` : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** What is needed, and nothing that is not. */
function checkContents(files) {
  for (const path of NEEDED) if (!files.includes(path)) throw new Error(`the package lacks ${path}`)
  const stray = files.filter((path) => !/^(dist|docs|trust-anchors)\/|^[A-Z]+(\.md)?$|^package\.json$/.test(path))
  const sources = files.filter((path) => /(?<!\.d)\.ts$|\.test\.|\.map$/.test(path))
  const caches = files.filter((path) => path.endsWith('.cache'))
  if (caches.length < 2) throw new Error('the package lacks the code caches of the program')
  const unwanted = [...stray, ...sources]
  if (unwanted.length > 0) throw new Error(`the package holds ${unwanted.join(', ')}`)
}

function expect(what, found, expected) {
  if (found !== expected) throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`)
}
