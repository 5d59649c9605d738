import { expect, test } from 'vitest'
import { formatDuration, formatTime, parseTime } from '../../src/cli/time.ts'

test.each([
  ['0', 0],
  ['1709047310', 1_709_047_310],
  ['20240227152150', 1_709_047_310],
  ['2024-02-27T15:21:50Z', 1_709_047_310],
  ['2024-02-27t15:21:50z', 1_709_047_310],
  ['2024-02-27 15:21:50Z', 1_709_047_310],
  ['2024-02-27T15:21:50.999Z', 1_709_047_310],
  ['2024-02-27T16:51:50+01:30', 1_709_047_310],
  ['2024-02-27T07:21:50-08:00', 1_709_047_310],
  ['2024-02-29T00:00:00Z', 1_709_164_800],
  ['2016-12-31T23:59:60Z', 1_483_228_800],
  ['99999999999', 99_999_999_999],
])('%s is a time', (text, seconds) => {
  expect(parseTime(text)).toBe(seconds)
})

test.each([
  '',
  'now',
  '-1',
  '1.5',
  '1709047310000',
  '2024-02-27',
  '2024-02-27T15:21:50',
  '2024-02-30T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-02-27T24:00:00Z',
  '2024-02-27T15:60:00Z',
  '2024-02-27T15:21:61Z',
  '2024-02-27T15:21:50+24:00',
  '20240230000000',
  '20240227156150',
  '1969-12-31T23:59:59Z',
  '9999-12-31T23:59:59Z',
  ' 0',
])('%s is no time', (text) => {
  expect(() => parseTime(text, '--at')).toThrow(
    expect.objectContaining({ code: 'bad-time', message: `--at: '${text}' is not a time` }),
  )
})

test('times are written in UTC', () => {
  expect(formatTime(1_709_047_310)).toBe('2024-02-27T15:21:50Z')
  expect(formatTime(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991')
})

test.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [119, '119 seconds'],
  [120, '2 minutes'],
  [7199, '119 minutes'],
  [7200, '2 hours'],
  [172_799, '47 hours'],
  [-172_800, '2 days'],
  [63_072_000, '2 years'],
])('%i seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})
