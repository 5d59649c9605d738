import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseArguments } from '../../src/cli/parse.ts'
import { query } from '../../src/cli/query.ts'

const TYPES = { timeout: 'string', cache: 'string', record: 'string', 'no-sha1': 'boolean', json: 'boolean' } as const

/** What Node's parser makes of the arguments, where every option is known, has its value, and is given once. */
function expected(args: string[]): { args: string[]; given: Record<string, string | boolean> } | undefined {
  const { tokens } = parseArgs({
    args,
    options: Object.fromEntries(Object.entries(TYPES).map(([name, type]) => [name, { type }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given: Record<string, string | boolean> = {}
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value, inlineValue } = token
    if (rawName !== `--${name}` || !Object.hasOwn(TYPES, name) || name in given) return undefined
    if ((TYPES[name as keyof typeof TYPES] === 'boolean') !== (value === undefined)) return undefined
    if (value?.startsWith('--') && !inlineValue) return undefined
    given[name] = value ?? true
  }
  if (positionals.length < 1 || positionals.length > 2) return undefined
  return { args: positionals, given }
}

test('arguments are read as parseArgs of node:util reads them', () => {
  const part = fc.constantFrom(
    ...['--timeout', '--timeout=500', '500', '--cache', '--cache=', '--cache=a=b', '--record', '--record=--json', '-'],
    ...[
      '--no-sha1',
      '--no-sha1=yes',
      '--json',
      '--',
      '-x',
      '-',
      'a.test',
      'MX',
      '',
      '--nothing',
      '--=',
      '---',
      '-json',
    ],
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 7 }), (argv) => {
      const wanted = expected(argv)
      let found: ReturnType<typeof parseArguments> | undefined
      try {
        found = parseArguments(query, argv)
      } catch {
        // A value that does not fit is the option's own affair.
        const { timeout = '500', cache, record } = wanted?.given ?? {}
        if (wanted !== undefined) expect(timeout !== '500' || cache === '' || record === '').toBe(true)
        return
      }
      expect(wanted).toBeDefined()
      const { timeout, cache, record, json } = found.options
      expect(found.args).toEqual(wanted!.args)
      expect({ timeout, cache, record, json, 'no-sha1': found.options['no-sha1'] }).toEqual({
        timeout: wanted!.given['timeout'] === undefined ? undefined : Number(wanted!.given['timeout']),
        cache: wanted!.given['cache'],
        record: wanted!.given['record'],
        json: wanted!.given['json'] ?? false,
        'no-sha1': wanted!.given['no-sha1'] ?? false,
      })
    }),
    { numRuns: 1000 },
  )
})
