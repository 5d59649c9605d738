/** What TLSA records say, at one host that does TLS as it should. */
import { one, type SetUp } from './set-up.ts'

/** Every kind of record that can be used, by the one host that is as it should be. */
const FITTING: readonly SetUp[] = [2, 3].flatMap((usage) =>
  [0, 1].flatMap((selector) =>
    [0, 1, 2].map((matchingType): SetUp => {
      const tlsa = `${usage} ${selector} ${matchingType}`
      return { label: tlsa.replaceAll(' ', '-'), shows: `${tlsa} that fits`, ...one('good', tlsa), verdict: 'verified' }
    }),
  ),
)

export const RECORDS: readonly SetUp[] = [
  ...FITTING,
  ...['3 0 1', '3 1 1', '3 1 2', '2 0 1', '2 1 1'].map((tlsa): SetUp => {
    const label = `wrong-${tlsa.replaceAll(' ', '-')}`
    return { label, shows: `${tlsa} that does not fit`, ...one('good', `wrong ${tlsa}`), verdict: 'refused' }
  }),
  {
    label: 'rollover',
    shows: 'the next key beside the one in use',
    ...one('good', 'wrong 3 1 1', '3 1 1'),
    verdict: 'verified',
  },
  {
    label: 'ta-or-ee',
    shows: 'an authority that fits and a leaf that does not',
    ...one('good', 'wrong 3 1 1', '2 1 1'),
    verdict: 'verified',
  },
  {
    label: 'stronger-wrong',
    shows: 'the stronger digest decides alone',
    ...one('good', 'wrong 3 1 2', '3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'weaker-wrong',
    shows: 'the stronger digest decides alone',
    ...one('good', '3 1 2', 'wrong 3 1 1'),
    verdict: 'verified',
  },
  {
    label: 'other-selector',
    shows: 'digests of another selector are judged apart',
    ...one('good', 'wrong 3 1 2', '3 0 1'),
    verdict: 'verified',
  },
  {
    label: 'full-beside',
    shows: 'whole values are no weaker digest',
    ...one('good', 'wrong 3 1 2', '3 1 0'),
    verdict: 'verified',
  },
  {
    label: 'pkix-only',
    shows: 'PKIX-EE and PKIX-TA are of no use for mail',
    ...one('good', '1 1 1', '0 1 1'),
    verdict: 'encrypted',
  },
  { label: 'unknown-digest', shows: 'a matching type nobody knows', ...one('good', '3 1 9 00'), verdict: 'encrypted' },
  {
    label: 'unknown-selector',
    shows: 'a selector nobody knows',
    ...one('good', `3 9 1 ${'00'.repeat(32)}`),
    verdict: 'encrypted',
  },
  {
    label: 'unknown-usage',
    shows: 'a usage nobody knows',
    ...one('good', `9 1 1 ${'00'.repeat(32)}`),
    verdict: 'encrypted',
  },
  { label: 'short-digest', shows: 'a digest of the wrong length', ...one('good', '3 1 1 00'), verdict: 'encrypted' },
  {
    label: 'full-garbage',
    shows: 'a whole certificate that is none',
    ...one('good', '3 0 0 30820001'),
    verdict: 'encrypted',
  },
  {
    label: 'unusable-beside',
    shows: 'what cannot be used beside what fits',
    ...one('good', '1 1 1', '3 1 1'),
    verdict: 'verified',
  },
  {
    label: 'unusable-and-wrong',
    shows: 'what cannot be used beside what does not fit',
    ...one('good', '1 1 1', 'wrong 3 1 1'),
    verdict: 'refused',
  },
  {
    label: 'leaf-as-ta',
    shows: "the leaf's own key as an authority",
    ...one('good', 'leaf 2 1 1'),
    verdict: 'refused',
  },
]
