/** make-cache.cjs BUNDLE RUNS: runs a bundle with each list of arguments, and writes the code cache of this Node. */
const { readFileSync, writeFileSync } = require('node:fs')
const { dirname } = require('node:path')
const { pathToFileURL } = require('node:url')
const { Script } = require('node:vm')

const [base, runs] = process.argv.slice(2)
const filename = `${base}.js`
const script = new Script(readFileSync(filename, 'latin1'), { filename })
const module_ = { exports: {}, url: pathToFileURL(filename).href, performance }
script.runInThisContext()(module_.exports, require, module_, filename, dirname(filename))

async function make() {
  for (const { status, args } of JSON.parse(runs)) {
    process.argv = [process.execPath, filename, ...args]
    await module_.exports.main()
    if (process.exitCode !== status) throw new Error(`${args.join(' ')}: status ${process.exitCode}, not ${status}`)
  }
  process.exitCode = 0
  const { versions, platform, arch } = process
  writeFileSync(`${base}.${versions.v8}-${platform}-${arch}.cache`, script.createCachedData())
}
void make()
