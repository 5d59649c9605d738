/** All zones of the lab, and the tables of what they show. */
import { ALGORITHM_ZONES } from './algorithms.ts'
import { ALIAS_ZONES } from './aliases.ts'
import { BROKEN_ZONES } from './broken.ts'
import { DENIAL_ZONES } from './denial.ts'
import { IDN_ZONES } from './idn.ts'
import { MAIL_ZONES } from './mail.ts'
import { MTA_STS_ZONES } from './mta-sts.ts'
import { REPORT_ZONES } from './reports.ts'
import { SUBMISSION_ZONES } from './submission.ts'
import { TREE_ZONES } from './tree.ts'
import type { LabDomain, LabQuestion, LabZone } from './zone.ts'

export const LAB_ZONES: readonly LabZone[] = [
  ...TREE_ZONES,
  ...ALGORITHM_ZONES,
  ...DENIAL_ZONES,
  ...ALIAS_ZONES,
  ...MAIL_ZONES,
  ...BROKEN_ZONES,
  ...REPORT_ZONES,
  ...MTA_STS_ZONES,
  ...SUBMISSION_ZONES,
  ...IDN_ZONES,
]

/** Every recipient domain of the lab, with what a sender must find there. */
export const LAB_DOMAINS: readonly LabDomain[] = LAB_ZONES.flatMap(({ domains = [] }) => domains)

/** Every question whose answer the lab knows. */
export const LAB_QUESTIONS: readonly LabQuestion[] = LAB_ZONES.flatMap(({ questions = [] }) => questions)
