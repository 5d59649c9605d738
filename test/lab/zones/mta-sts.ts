/** Domains with MTA-STS policies (RFC 8461). Their web servers stand on loopback: see `policy-server.ts`. */
import { type LabZone, oneHost } from './zone.ts'

const RECORDS = `_mta-sts TXT "v=STSv1; id=20261122"
mta-sts A 127.0.0.1`

export const MTA_STS_ZONES: readonly LabZone[] = [
  {
    apex: 'sts.test',
    keys: 'unsigned',
    text: `@ MX 10 mx
${RECORDS}`,
    mail: [{ host: 'mx.sts.test' }],
    domains: [oneHost('sts.test', 'MTA-STS, without DNSSEC', 'insecure', 'may', 'encrypted')],
    questions: [{ name: '_mta-sts.sts.test', type: 'TXT', shows: 'the id of a policy, unsigned', status: 'insecure' }],
  },
  {
    apex: 'sts-signed.test',
    text: `@ MX 10 mx
${RECORDS}`,
    mail: [{ host: 'mx.sts-signed.test', certificate: 'other-name' }],
    domains: [oneHost('sts-signed.test', 'MTA-STS, and DANE proven absent', 'secure', 'may', 'encrypted')],
  },
]
