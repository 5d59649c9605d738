import { describe, expect, test } from 'vitest'
import { parseUpstream } from '../../src/resolver/upstream-spec.ts'

test.each([
  ['192.0.2.1', '192.0.2.1', 4, 53, '192.0.2.1:53'],
  ['192.0.2.1:5353', '192.0.2.1', 4, 5353, '192.0.2.1:5353'],
  ['2001:db8::1', '2001:db8::1', 6, 53, '[2001:db8::1]:53'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1', 6, 53, '[2001:db8::1]:53'],
  ['[2001:db8::1]', '2001:db8::1', 6, 53, '[2001:db8::1]:53'],
  ['[2001:db8::1]:5353', '2001:db8::1', 6, 5353, '[2001:db8::1]:5353'],
  ['::1', '::1', 6, 53, '[::1]:53'],
  ['fe80::1%eth0', 'fe80::1%eth0', 6, 53, '[fe80::1%eth0]:53'],
  ['[fe80::1%eth0]:65535', 'fe80::1%eth0', 6, 65535, '[fe80::1%eth0]:65535'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1', 6, 53, '[::ffff:192.0.2.1]:53'],
  // Read as an address, not as one with a port: only brackets set a port off.
  ['2001:db8::1:5353', '2001:db8::1:5353', 6, 53, '[2001:db8::1:5353]:53'],
])('%s', (text, address, family, port, shown) => {
  expect(parseUpstream(text)).toEqual({ address, family, port, text: shown })
})

describe('refused, naming the text', () => {
  test.each([
    '',
    ' ',
    '192.0.2.1 ',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.01',
    '192.0.2.1:',
    '192.0.2.1:0',
    '192.0.2.1:053',
    '192.0.2.1:65536',
    '192.0.2.1:-1',
    '192.0.2.1:53x',
    '192.0.2.1:5e1',
    '[192.0.2.1]:53',
    '[2001:db8::1',
    '2001:db8::1]',
    '[2001:db8::1]:',
    '[2001:db8::1]53',
    '[]:53',
    '2001:db8::g',
    'dns.example',
    'dns.example:53',
    'localhost',
    'ftp://192.0.2.1',
    'tls://',
    'tls://dns.example',
    'tls://192.0.2.1:0',
    'https://',
    'x'.repeat(10_000),
    '192.0.2.1\u0000',
    '192.0.2.1\n',
  ])('%j', (text) => {
    expect(() => parseUpstream(text)).toThrow(expect.objectContaining({ name: 'DanelawError', code: 'bad-address' }))
  })

  test('with control characters escaped and in one short line', () => {
    let message = ''
    try {
      parseUpstream(`\u001b[31m\n${'x'.repeat(10_000)}`)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toMatch(/^'\\u001b\[31m\\nx+' is not an upstream/)
    expect(message.length).toBeLessThan(400)
  })
})

test.each([
  'tls://192.0.2.1',
  'tls://192.0.2.1:853#dns.example',
  'tls://[2001:db8::1]:853',
  'https://dns.example/dns-query',
])('%s is understood and not asked in the clear instead', (text) => {
  expect(() => parseUpstream(text)).toThrow(/not supported yet/)
})
