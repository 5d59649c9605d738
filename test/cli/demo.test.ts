import { expect, test } from 'vitest'
import { DemoReport } from '../../src/cli/demo-report.ts'
import { paintFor } from '../../src/cli/paint.ts'
import { invoke } from './invoke.ts'

test('delivers, and refuses every attack', async () => {
  const { status, stdout, stderr } = await invoke(['demo', '--json'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const document = JSON.parse(stdout)
  expect(document).toMatchObject({
    passed: true,
    mx: { status: 'secure' },
    tlsa: { status: 'secure' },
    delivery: { outcome: 'delivered', verdict: 'verified', code: 250 },
  })
  const attacks = document.attacks as {
    label: string
    refused: boolean
    tlsa: { status: string } | null
    delivery: { outcome: string }
    heard: string[]
  }[]
  expect(
    attacks.map(({ label, refused, tlsa, delivery }) => [label, refused, tlsa?.status ?? null, delivery.outcome]),
  ).toEqual([
    ['1', true, 'bogus', 'deferred'],
    ['2a', true, 'indeterminate', 'deferred'],
    ['2b', true, 'bogus', 'deferred'],
    ['3', true, null, 'deferred'],
    ['4', true, null, 'deferred'],
  ])
  for (const { heard } of attacks) expect(heard).not.toContain('MAIL')
})

test('tells the story', async () => {
  const { status, stdout } = await invoke(['demo'])
  expect(status).toBe(0)
  expect(stdout.match(/✓/g)).toHaveLength(7)
  expect(stdout).not.toContain('✗')
  for (const part of ['by trust anchor', 'by DS in the parent zone', 'IN  TLSA  3 1 1 ', 'TLSv1.3', '250 2.0.0']) {
    expect(stdout).toContain(part)
  }
})

test('an attack that succeeds is told as one', async () => {
  const told: string[] = []
  const io = { stdout: { isTerminal: false, write: (text: string) => void told.push(text) } }
  const paint = paintFor({ isTerminal: false, write: () => undefined }, {})
  const report = new DemoReport(io, paint)
  const delivery = {
    address: 'a@b.test',
    outcome: 'delivered',
    host: 'mx.b.test.',
    level: 'dane',
    verdict: 'cleartext',
    code: 250,
    enhanced: '2.0.0',
    text: 'ok',
    failure: null,
    policy: { level: 'dane', from: 'default', notes: [] },
    retry: null,
    attempts: [],
  } as const
  report.attack({ label: '1', title: 't', means: 'm', refused: false, tlsa: null, delivery, heard: ['MAIL'] })
  report.end(false)
  expect(told.join('')).toContain('✗ NOT REFUSED')
  expect(told.join('')).toContain('✗ Something is wrong')
})
