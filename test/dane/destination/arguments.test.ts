import { describe, expect, it } from 'vitest'
import { discover } from '../../../src/dane/destination.ts'
import { DanelawError } from '../../../src/errors.ts'
import type { Name } from '../../../src/wire/name.ts'
import { ScriptedLookup } from '../scripted.ts'
import { find, host, mx } from './setup.ts'

describe('arguments', () => {
  it.each([
    [{ port: 0 }, /^port:/],
    [{ port: 65_536 }, /^port:/],
    [{ maxHosts: 0 }, /^maxHosts:/],
    [{ maxAddresses: 1.5 }, /^maxAddresses:/],
    [{ insecureMx: 'none' as 'may' }, /^insecureMx:/],
    [{ addressOrder: 'random' as 'interleaved' }, /^addressOrder:/],
    [{ digests: ['MD5' as 'SHA2-256'] }, /^digests:/],
  ])('%o', async (options, message) => {
    await expect(find({}, 'example.com', options)).rejects.toThrow(message)
  })

  it.each([
    ['[mx.example.com', 'bad-address'],
    ['[mx.example.com]:0', 'bad-address'],
    ['[mx.example.com]:65536', 'bad-address'],
    ['[mx.example.com]x', 'bad-address'],
    ['[]', 'bad-name'],
    ['', 'bad-name'],
    ['exa mple.com', 'bad-name'],
  ])('next hop %j', async (next, code) => {
    const error = await find({}, next).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DanelawError)
    expect(error).toMatchObject({ code })
  })

  it('the signal goes with every question', async () => {
    const signal = new AbortController().signal
    const seen: unknown[] = []
    const inner = new ScriptedLookup({ ...mx, ...host('mx.example.com') })
    const lookup = {
      query: (name: Name, type: number, options?: { readonly signal?: AbortSignal }) => {
        seen.push(options?.signal)
        return inner.query(name, type)
      },
    }
    await discover(lookup, 'example.com', { signal })
    expect(seen).toHaveLength(4)
    expect(new Set(seen)).toEqual(new Set([signal]))
  })

  it('what the resolver throws goes through', async () => {
    await expect(discover(new ScriptedLookup({}), 'example.com')).rejects.toThrow('not scripted')
  })
})
