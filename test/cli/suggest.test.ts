import { expect, test } from 'vitest'
import { suggest } from '../../src/cli/suggest.ts'

const words = ['query', 'verify', 'check', 'send', 'fixture', 'at', 'anchor']

test.each([
  ['quer', 'query'],
  ['qurey', 'query'],
  ['QUERY', 'query'],
  ['chekc', 'check'],
  ['fix', 'fixture'],
  ['anchors', 'anchor'],
  ['a', 'at'],
  ['zzz', undefined],
  ['', undefined],
  ['x'.repeat(100), undefined],
])("'%s' suggests %s", (text, found) => {
  expect(suggest(text, words)).toBe(found)
})
