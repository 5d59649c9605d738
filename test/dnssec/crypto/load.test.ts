import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { type Backend, createEngine, type EngineName } from '../../../src/dnssec/crypto/engine.ts'
import { loadEngine } from '../../../src/dnssec/crypto/load.ts'
import { nativeEngine } from '../../../src/dnssec/crypto/native.ts'

test.each<EngineName>(['native', 'noble', 'both'])('loads the engine %s, one for the process', async (name) => {
  const engine = await loadEngine(name)
  expect(engine.name).toBe(name)
  expect(engine.supportsAlgorithm(13)).toBe(true)
  if (name !== 'both') expect(await loadEngine(name)).toBe(engine)
})

test('refuses another name', async () => {
  await expect(loadEngine('openssl' as EngineName)).rejects.toThrow(/^name: .*'openssl'/)
})

test('a process with the native engine loads nothing of noble, a browser nothing of Node', async () => {
  expect(await filesOf('native.ts', 'node')).not.toContainEqual(expect.stringContaining('@noble'))
  expect(await filesOf('nsec3-hash.ts', 'browser')).toHaveLength(1)
  // A browser bundle that needs node: fails to build.
  expect(await filesOf('noble.ts', 'browser')).toContainEqual(expect.stringContaining('@noble/curves'))
})

describe('an engine around mathematics that fail', () => {
  const native = nativeEngine()
  const failing = (importEddsa: Backend['importEddsa']) =>
    createEngine({
      name: 'native',
      importRsa: forbidden,
      importEcdsa: forbidden,
      importEddsa,
      digest: forbidden,
    })

  test('an algorithm whose self test throws or is refused is unsupported, and only that one', () => {
    let tests = 0
    const engine = failing((curve, point) => {
      tests++
      if (curve === 'Ed448') return { verify: () => false }
      return { verify: (signature, data) => native.importKey(15, point)!.verify(signature, data) }
    })
    const supported = [5, 7, 8, 10, 13, 14, 15, 16].filter((algorithm) => engine.supportsAlgorithm(algorithm))
    expect(supported).toEqual([15])
    expect(engine.importKey(16, new Uint8Array(57).fill(3))).toBeUndefined()
    expect(engine.unsupportedKey(16, new Uint8Array(57).fill(3))).toBe('algorithm 16')
    expect(tests).toBe(2)
  })

  test('what throws on live data is a failed signature, and the algorithm stays supported', () => {
    let good = true
    const engine = failing((_curve, point) => ({
      verify: (signature, data) => (good ? native.importKey(15, point)!.verify(signature, data) : forbidden()),
    }))
    expect(engine.supportsAlgorithm(15)).toBe(true)
    good = false
    const key = engine.importKey(15, new Uint8Array(32).fill(3))
    expect(key?.verify(new Uint8Array(64).fill(3), new Uint8Array(1))).toBe(false)
    expect(engine.supportsAlgorithm(15)).toBe(true)
  })

  function forbidden(): never {
    throw new Error('forbidden by policy')
  }
})

async function filesOf(file: string, platform: 'node' | 'browser'): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL(`../../../src/dnssec/crypto/${file}`, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform,
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs)
}
