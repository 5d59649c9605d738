import { describe, expect, test } from 'vitest'
import { ROOT_ANCHORS } from '../../../src/dnssec/root-anchors.ts'
import { TrustAnchors } from '../../../src/dnssec/trust-anchors.ts'
import { anchorWarnings } from '../../../src/resolver/anchors/warnings.ts'
import { Name } from '../../../src/wire/name.ts'

const time = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 1000
const NOW = time('2026-11-22')
const DS = { keyTag: 1, algorithm: 13, digestType: 2, digest: new Uint8Array(32) }

function anchor(...windows: { validFrom?: number; validUntil?: number }[]): TrustAnchors {
  return new TrustAnchors([
    { zone: Name.parse('example'), ds: windows.map((each) => ({ ...DS, ...each })), dnskeys: [] },
  ])
}

describe('all is well', () => {
  test.each([
    ['the built-in ones', new TrustAnchors(ROOT_ANCHORS)],
    ['without windows', anchor({})],
    ['one of two has ended', anchor({ validUntil: NOW }, {})],
    ['one of two has not begun', anchor({ validFrom: NOW + 1 }, { validUntil: NOW + 1_209_600 })],
  ])('%s', (_, anchors) => {
    expect(anchorWarnings(anchors, NOW)).toEqual([])
  })
})

describe('one sentence for each thing that is wrong', () => {
  test.each([
    ['no anchor', new TrustAnchors([]), NOW, 'there is no trust anchor: nothing is validated'],
    ['all revoked', anchor(), NOW, 'all trust anchors of example. are revoked'],
    [
      'all ended',
      anchor({ validUntil: time('2025-01-01') }, { validUntil: NOW }),
      NOW,
      'no trust anchor of example. is in force at 2026-11-22T00:00:00Z: the last one ended at 2026-11-22T00:00:00Z',
    ],
    [
      'none begun',
      anchor({ validFrom: NOW + 2 }, { validFrom: NOW + 1 }),
      NOW,
      'no trust anchor of example. is valid before 2026-11-22T00:00:01Z, and it is 2026-11-22T00:00:00Z',
    ],
    [
      'soon over',
      anchor({ validUntil: NOW + 86_400 }),
      NOW,
      'the trust anchors of example. end at 2026-11-23T00:00:00Z',
    ],
  ])('%s', (_, anchors, now, text) => {
    expect(anchorWarnings(anchors, now)).toEqual([text])
  })

  test('a clock that was never set', () => {
    const warnings = anchorWarnings(new TrustAnchors(ROOT_ANCHORS), 60)
    expect(warnings).toEqual([
      'the clock says 1970-01-01T00:01:00Z, which is before this program was made: no signature will be valid',
      'no trust anchor of . is valid before 2017-02-02T00:00:00Z, and it is 1970-01-01T00:01:00Z',
    ])
    expect(anchorWarnings(anchor({}), time('2024-11-04'))).toHaveLength(1)
    // A time somebody chose is no fault of the clock.
    expect(anchorWarnings(anchor({}), time('2024-11-04'), { systemClock: false })).toEqual([])
  })

  test('keys nobody has looked at for a month', () => {
    const point = { zone: Name.root, keys: [], nextLook: 0, retryInterval: 3600, lastValidated: NOW - 2_592_000 }
    expect(anchorWarnings(anchor({}), NOW, { trustPoints: [point] })).toEqual([
      'the keys of . were last looked at 2026-10-23T00:00:00Z, and may have been replaced since',
    ])
    expect(anchorWarnings(anchor({}), NOW - 1, { trustPoints: [point] })).toEqual([])
    expect(anchorWarnings(anchor({}), NOW, { trustPoints: [{ ...point, lastValidated: null }] })).toEqual([])
  })
})
