/**
 * Builds into dist/: the library by the compiler, file by file with its types; the command line by the bundler, so
 * that it starts fast.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { buildCommandLine } from './build-cli.mjs'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
buildLibrary()
// A package for several versions of Node is built by one of them, with the programs of the others named here.
const others = (process.env.DANELAW_BUILD_NODES ?? '').split(delimiter).filter((path) => path !== '')
const packages = await buildCommandLine(dist, [process.execPath, ...others])
writeNotices(packages)

function buildLibrary() {
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  const { status } = spawnSync(tsc, ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
  // The compiler leaves `.ts` in declarations, which only recent ones can follow.
  for (const file of readdirSync(dist, { recursive: true })) {
    if (!file.endsWith('.d.ts')) continue
    const path = join(dist, file)
    writeFileSync(path, readFileSync(path, 'utf8').replace(/(\bfrom |\bimport\()'(\.[^']*)\.ts'/g, "$1'$2.js'"))
  }
}

/** What the licences of bundled packages ask for: that they go along. */
function writeNotices(packages) {
  const parts = packages.map((path) => {
    const folder = join(root, path)
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const files = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .sort()
    if (files.length === 0 && license === undefined) throw new Error(`${path}: no licence to pass on`)
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
    return `${name} ${version} (${license})\n\n${texts.join('\n\n')}`
  })
  const head = 'The command line in dist/cli holds code of these packages.'
  const text = [head, ...parts].join(`\n\n${'-'.repeat(80)}\n\n`)
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), `${text}\n`)
}
