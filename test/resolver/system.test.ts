import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseResolvConf, systemConfig } from '../../src/resolver/system.ts'

const folder = mkdtempSync(join(tmpdir(), 'danelaw-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('resolv.conf', () => {
  test('servers in their order, timeout and attempts; the rest is passed over', () => {
    const config = parseResolvConf(
      [
        '# generated',
        '; nameserver 203.0.113.1',
        'domain example.com',
        'search example.com example.org',
        'nameserver 192.0.2.1',
        'nameserver\t2001:db8::1   trailing words',
        'nameserver fe80::1%eth0\r',
        'options rotate timeout:2 ndots:1',
        'options attempts:3 edns0',
        'sortlist 192.0.2.0/255.255.255.0',
      ].join('\n'),
    )
    expect(config.upstreams.map(({ text }) => text)).toEqual(['192.0.2.1:53', '[2001:db8::1]:53', '[fe80::1%eth0]:53'])
    expect(config).toMatchObject({ attemptTimeout: 2000, attempts: 3 })
  })

  test.each([
    ['nameserver'],
    ['nameserver '],
    ['nameserver dns.example'],
    ['nameserver 192.0.2.1:53'],
    ['nameserver [2001:db8::1]:53'],
    ['nameserver tls://192.0.2.1'],
    [' nameserver 192.0.2.1'],
    ['nameservers 192.0.2.1'],
    ['NAMESERVER 192.0.2.1'],
  ])('%j names no server', (line) => {
    expect(parseResolvConf(line).upstreams).toEqual([])
  })

  test.each([
    ['options timeout:0 attempts:0', 1000, 1],
    ['options timeout:99 attempts:99', 30_000, 5],
    ['options timeout: attempts:x', undefined, undefined],
    ['options timeout:-1', undefined, undefined],
    ['options timeout:1\noptions timeout:2', 2000, undefined],
  ])('%j', (line, attemptTimeout, attempts) => {
    expect(parseResolvConf(line)).toMatchObject({ attemptTimeout, attempts })
  })

  test('no more servers than the limit', () => {
    expect(parseResolvConf('nameserver 192.0.2.1\n'.repeat(1000)).upstreams).toHaveLength(16)
  })
})

describe('where there is none, it is said in one line, with what to do', () => {
  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['without servers', 'search example.com\n'],
    ['too large', 'nameserver 192.0.2.1\n'.repeat(10_000)],
  ])('%s', (name, text) => {
    const path = join(folder, name)
    if (text !== undefined) writeFileSync(path, text)
    expect(() => systemConfig(path)).toThrow(
      expect.objectContaining({
        code: 'no-upstream',
        message: expect.stringMatching(/^no upstream to ask: [^\n]+$/),
        hint: 'give one, as in @192.0.2.1',
      }),
    )
  })
})
