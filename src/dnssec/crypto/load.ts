/** Engines by name, each loaded when first asked for: a process that uses one never loads the other's code. */
import type { CryptoEngine, EngineName } from './engine.ts'

/** @throws {RangeError} for a name that is none of `native`, `noble`, `both`. */
export async function loadEngine(name: EngineName): Promise<CryptoEngine> {
  switch (name) {
    case 'native':
      return (await import('./native.ts')).nativeEngine()
    case 'noble':
      return (await import('./noble.ts')).nobleEngine()
    case 'both':
      return (await import('./both.ts')).bothEngines()
    default:
      throw new RangeError(`name: no crypto engine '${String(name)}', only native, noble and both`)
  }
}
