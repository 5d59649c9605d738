/** Domains that say where their users submit mail (RFC 6186, RFC 8314). */
import type { LabZone } from './zone.ts'

export const SUBMISSION_ZONES: readonly LabZone[] = [
  {
    apex: 'submit.test',
    text: (tlsa) => `_submissions._tcp SRV 10 1 465 mail
_submissions._tcp SRV 20 1 465 backup
_submission._tcp SRV 0 1 587 mail
backup A 127.0.0.1
_465._tcp.mail TLSA ${tlsa('mail.submit.test', '3 1 1')}`,
    mail: [{ host: 'mail.submit.test' }],
    questions: [
      { name: '_submissions._tcp.submit.test', type: 'SRV', shows: 'where mail is submitted', status: 'secure' },
    ],
  },
  {
    apex: 'submit-unsigned.test',
    keys: 'unsigned',
    text: `_submissions._tcp SRV 0 1 465 mail.submit.test.
_submission._tcp SRV 0 0 0 .`,
    questions: [
      { name: '_submissions._tcp.submit-unsigned.test', type: 'SRV', shows: 'the same, unsigned', status: 'insecure' },
    ],
  },
]
