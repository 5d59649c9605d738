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
  expect(parseUpstream(text)).toEqual({ kind: 'plain', address, family, port, text: shown })
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

const PIN = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE='
const OTHER_PIN = `${'A'.repeat(43)}=`

describe('over TLS', () => {
  const at = { kind: 'tls', address: '192.0.2.1', family: 4, port: 853, name: undefined, pins: [] }
  const bare = 'tls://192.0.2.1:853'
  test.each([
    ['tls://192.0.2.1', { ...at, text: bare }],
    ['TLS://192.0.2.1:8853', { ...at, port: 8853, text: 'tls://192.0.2.1:8853' }],
    ['tls://192.0.2.1#dns.example', { ...at, name: 'dns.example', text: `${bare}#dns.example` }],
    ['tls://192.0.2.1:853#DNS.Example.', { ...at, name: 'dns.example', text: `${bare}#dns.example` }],
    ['tls://192.0.2.1#192.0.2.1', { ...at, name: '192.0.2.1', text: `${bare}#192.0.2.1` }],
    [`tls://192.0.2.1#?pin=${PIN}`, { ...at, pins: [PIN], text: bare }],
    [
      `tls://192.0.2.1#dns.example?pin=${PIN}&pin=${OTHER_PIN}`,
      { ...at, name: 'dns.example', pins: [PIN, OTHER_PIN], text: `${bare}#dns.example` },
    ],
    ['tls://[2001:DB8::1]', { ...at, address: '2001:db8::1', family: 6, text: 'tls://[2001:db8::1]:853' }],
    ['tls://[fe80::1%eth0]:1', { ...at, address: 'fe80::1%eth0', family: 6, port: 1, text: 'tls://[fe80::1%eth0]:1' }],
  ])('%s', (text, expected) => {
    expect(parseUpstream(text)).toEqual(expected)
  })
})

describe('over HTTPS', () => {
  const at = { kind: 'https', host: 'dns.example', port: 443, path: '/dns-query', addresses: [], pins: [] }
  const named = { authority: 'dns.example', text: 'https://dns.example/dns-query' }
  const one = { authority: '192.0.2.1', host: '192.0.2.1', addresses: ['192.0.2.1'] }
  test.each([
    ['https://dns.example/dns-query', { ...at, ...named }],
    ['HTTPS://DNS.example/dns-query', { ...at, ...named }],
    ['https://dns.example/dns-query{?dns}', { ...at, ...named }],
    [
      'https://dns.example:8443/a?b=c',
      { ...at, authority: 'dns.example:8443', port: 8443, path: '/a?b=c', text: 'https://dns.example:8443/a?b=c' },
    ],
    [
      'https://dns.example/dns-query#192.0.2.1,2001:DB8::1,[2001:db8::2]',
      { ...at, ...named, addresses: ['192.0.2.1', '2001:db8::1', '2001:db8::2'] },
    ],
    [`https://dns.example/dns-query#?pin=${PIN}`, { ...at, ...named, pins: [PIN] }],
    [`https://dns.example/dns-query#192.0.2.1?pin=${PIN}`, { ...at, ...named, addresses: ['192.0.2.1'], pins: [PIN] }],
    ['https://192.0.2.1/dns-query', { ...at, ...one, text: 'https://192.0.2.1/dns-query' }],
    [
      'https://[2001:DB8::1]:8443/',
      {
        ...{ ...at, authority: '[2001:db8::1]:8443', host: '2001:db8::1', port: 8443, path: '/' },
        ...{ addresses: ['2001:db8::1'], text: 'https://[2001:db8::1]:8443/' },
      },
    ],
  ])('%s', (text, expected) => {
    expect(parseUpstream(text)).toEqual(expected)
  })
})

describe('refused over TLS and HTTPS, so that nothing is asked in another way than was meant', () => {
  test.each([
    'tls://192.0.2.1#',
    'tls://192.0.2.1#dns..example',
    'tls://192.0.2.1#dns example',
    'tls://192.0.2.1#d\u00fcns.example',
    'tls://192.0.2.1#dns.example?',
    'tls://192.0.2.1#dns.example?pin=',
    `tls://192.0.2.1#dns.example?pin=${PIN.slice(0, -2)}=`,
    // Spare bits set: two texts for one digest.
    `tls://192.0.2.1#?pin=${PIN.slice(0, -2)}F=`,
    `tls://192.0.2.1#?pins=${PIN}`,
    `tls://192.0.2.1#?pin=${PIN}&ca=x`,
    `tls://192.0.2.1#?${Array(9).fill(`pin=${PIN}`).join('&')}`,
    'tls://192.0.2.1/dns.example',
    'tls://192.0.2.1:853x',
    'tls://2001:db8::1',
    'tls://[192.0.2.1]',
    'tls://dns.example#dns.example',
    'https://dns.example',
    'https:///dns-query',
    'https://dns.example:0/dns-query',
    'https://user:secret@dns.example/dns-query',
    'https://dns.example/dns query',
    'https://dns.example/d\u00fcns',
    'https://0x7f.1/dns-query',
    'https://2130706433/dns-query',
    'https://192.0.2.01/dns-query',
    'https://[dns.example]/dns-query',
    'https://dns.example/dns-query#',
    'https://dns.example/dns-query#other.example',
    'https://192.0.2.1/dns-query#192.0.2.2',
    'http://dns.example/dns-query',
    'quic://192.0.2.1',
  ])('%s', (text) => {
    expect(() => parseUpstream(text)).toThrow(expect.objectContaining({ name: 'DanelawError', code: 'bad-address' }))
  })
})
