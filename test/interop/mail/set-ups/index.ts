/** Ways to set up DNS and TLS for mail, and what a DANE sender makes of them (RFC 7672). */
import { CERTIFICATES, SERVERS, SEVERAL } from './hosts.ts'
import { NAMES } from './names.ts'
import { RECORDS } from './records.ts'
import type { SetUp } from './set-up.ts'
import { ZONE_FAULTS } from './zones.ts'

export const SET_UPS: readonly SetUp[] = [...RECORDS, ...CERTIFICATES, ...SERVERS, ...SEVERAL, ...NAMES, ...ZONE_FAULTS]
