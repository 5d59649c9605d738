import { expect, test, vi } from 'vitest'
import { invoke } from './invoke.ts'

vi.mock('../../src/resolver/system.ts', async (original) => {
  const { systemConfig } = await original<typeof import('../../src/resolver/system.ts')>()
  return { systemConfig: () => systemConfig('/nowhere/resolv.conf') }
})

test('a system that knows no upstream: one line, and how to give one', async () => {
  for (const { status: expected, argv } of [
    { status: 64, argv: ['query', 'example.com'] },
    { status: 64, argv: ['check', 'example.com'] },
    // A mail system would return the message to its sender for anything but 75.
    { status: 75, argv: ['send', '--from', 'a@example.org', '--to', 'b@example.com'] },
    { status: 75, argv: ['report', '/nowhere', '--from', 'a@example.org'] },
  ]) {
    const { status, stdout, stderr } = await invoke([...argv, '--json'])
    expect(status).toBe(expected)
    expect(JSON.parse(stdout).error.code).toBe('no-upstream')
    expect(stderr).toBe(
      'danelaw: no upstream to ask: /nowhere/resolv.conf: does not exist\nhint: give one, as in @192.0.2.1\n',
    )
  }
})
