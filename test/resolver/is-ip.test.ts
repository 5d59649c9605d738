import { isIP as nodesIsIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isIP } from '../../src/resolver/is-ip.ts'

test.each(
  [
    ...['192.0.2.1', '0.0.0.0', '255.255.255.255', '256.0.0.1', '192.0.2', '192.0.2.1.1', '192.0.2.01', '1.2.3.4 '],
    ...['::', '::1', '1::', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8:9', '1::2::3'],
    ...[
      ':::',
      ':1',
      '1:',
      '12345::',
      '::g',
      '::ffff:192.0.2.1',
      '::192.0.2.1',
      '1:2:3:4:5:6:192.0.2.1',
      '::192.0.2.1:1',
    ],
    ...['fe80::1%eth0', 'fe80::1%', 'fe80::1%a%b', 'fe80::1%a b', '192.0.2.1%eth0', '%eth0', '', 'a.test', '[::1]'],
    ...['1:2:3:4:5:6:7:192.0.2.1', '::1\n', 'FE80::ABCD', '0:0:0:0:0:0:0:0', '00000::', '192.0.2.1:53'],
  ].map((text) => [text]),
)('%j is what node:net says', (text) => {
  expect(isIP(text)).toBe(nodesIsIP(text))
})

test('what may be an address is what node:net says', () => {
  const part = fc.constantFrom(
    '0',
    '1',
    'ff',
    'ffff',
    '10',
    '255',
    '256',
    ':',
    '::',
    '.',
    ':',
    '.',
    '%',
    'e',
    '192.0.2.1',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(part, { maxLength: 18 }).map((parts) => parts.join('')),
        fc.ipV6(),
        fc.ipV4(),
      ),
      (text) => isIP(text) === nodesIsIP(text),
    ),
    { numRuns: 2000 },
  )
})
