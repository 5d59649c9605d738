import { CLI_LIMITS } from '../../limits.ts'
import { MAIL_OPTIONS, POLICY_OPTION } from '../mail-options.ts'
import { flag, optional, type OptionTable, readNumber } from '../option.ts'
import { RESOLVING_OPTIONS } from '../resolving.ts'

const { scanJobs, scanThreads } = CLI_LIMITS

export const SCAN_OPTIONS = {
  jobs: optional(
    'N',
    readNumber(scanJobs.min, scanJobs.max),
    `domains to look at side by side; default: ${scanJobs.value}`,
  ),
  threads: optional(
    'N',
    readNumber(scanThreads.min, scanThreads.max),
    'threads that look; default: one, and with many domains as many as there are processors',
  ),
  ordered: flag('results in the order of the lines, and not as they are done'),
  'only-dns': flag('connect to no host; verdicts that take a connection are null'),
  ...POLICY_OPTION,
  ...MAIL_OPTIONS,
  ...RESOLVING_OPTIONS,
} as const satisfies OptionTable
