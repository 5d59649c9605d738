/** An internationalised domain, in the A-labels in which the DNS has it. */
import { type LabZone, verified } from './zone.ts'

export const IDN_ZONES: readonly LabZone[] = [
  {
    apex: 'xn--mnchen-3ya.test',
    mail: [{ host: 'mx.xn--mnchen-3ya.test', tlsa: ['2 1 1'] }],
    domains: [verified('xn--mnchen-3ya.test', 'an internationalised domain (münchen)')],
  },
]
