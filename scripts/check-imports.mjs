/**
 * Enforces the direction of imports: a folder under src/ may import from itself, from what stands left of it in
 * LAYERS, and from the two files that import nothing. Exits 1 with one line for each violation.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

const LAYERS = ['wire', 'dnssec', 'resolver', 'dane', 'smtp', 'cli']
/** Node's built-in modules a layer may use; the others only by the files named. `dnssec` is pure. */
const PURE = {
  wire: [],
  dnssec: ['src/dnssec/crypto/native.ts'],
  dane: ['src/dane/'],
}
const root = resolve(import.meta.dirname ?? '.', '..')
const problems = []

for (const file of sources(join(root, 'src'))) {
  const here = relative(root, file).split(sep).join('/')
  const layer = here.split('/').length > 2 ? here.split('/')[1] : undefined
  for (const specifier of imports(readFileSync(file, 'utf8'))) {
    if (specifier.startsWith('.')) checkRelative(here, layer, resolve(dirname(file), specifier))
    else if (specifier.startsWith('node:')) checkBuiltin(here, layer, specifier)
  }
}

for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1

function checkRelative(here, layer, target) {
  const there = relative(root, target).split(sep).join('/')
  if (!there.startsWith('src/')) {
    // The built-in lab is the one thing outside src/ that the program carries: `danelaw demo`.
    if (there.startsWith('test/lab/') && here === 'src/cli/demo.ts') return
    problems.push(`${here}: imports ${there}, outside src/`)
    return
  }
  const bare = there === 'src/errors.ts' || there === 'src/limits.ts'
  if (bare) return
  if (here === 'src/errors.ts' || here === 'src/limits.ts')
    problems.push(`${here}: must import nothing, imports ${there}`)
  if (layer === undefined) return
  const from = LAYERS.indexOf(layer)
  const to = LAYERS.indexOf(there.split('/')[1])
  if (to < 0 || to > from) problems.push(`${here}: ${layer} must not import ${there}`)
}

function checkBuiltin(here, layer, specifier) {
  const allowed = PURE[layer]
  if (allowed !== undefined && !allowed.some((prefix) => here.startsWith(prefix))) {
    problems.push(`${here}: ${layer} is pure and must not import ${specifier}`)
  }
}

function imports(text) {
  const found = []
  for (const match of text.matchAll(
    /^\s*(?:import|export)\b[^'"]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'|^\s*import\s+'([^']+)'/gm,
  )) {
    found.push(match[1] ?? match[2] ?? match[3])
  }
  return found
}

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (entry.name.endsWith('.ts')) yield path
  }
}
