import { DanelawError } from '../errors.ts'
import type { ConnectionSettings } from '../smtp/connection-settings.ts'
import { checkEhloName } from '../smtp/ehlo-name.ts'
import { PolicyTable } from '../smtp/policy/table.ts'
import { optional, type OptionTable, type OptionValues, readNumber, readPath, reader } from './option.ts'

/** What the commands that talk to mail servers have. */
export const MAIL_OPTIONS = {
  port: optional(
    'PORT',
    readNumber(1, 65_535),
    'TCP port of the hosts, also in the name of the TLSA records; default: 25',
  ),
  'connect-port': optional(
    'PORT',
    readNumber(1, 65_535),
    'connect to this port instead, as through a tunnel; the TLSA records stay those of --port',
  ),
  ehlo: optional('NAME', reader(readEhloName), "name to greet hosts with; default: this system's"),
  'mta-sts': optional(
    'FILE',
    readPath,
    'where a domain has no DANE, keep to the MTA-STS policy it has on the web (RFC 8461); those found are kept in FILE',
  ),
} as const satisfies OptionTable

/** For the commands that decide what is owed. */
export const POLICY_OPTION = {
  policy: optional(
    'FILE',
    readPath,
    'what TLS is required of single destinations: lines of DESTINATION LEVEL name=value, with the levels of Postfix (docs/policy.md)',
  ),
} as const satisfies OptionTable

/** @throws {DanelawError} `bad-config`, `bad-certificate`, `file`: before anything is asked or sent. */
export function readPolicies(
  { policy }: OptionValues<typeof POLICY_OPTION>,
  at: number | undefined,
): PolicyTable | undefined {
  return policy === undefined ? undefined : PolicyTable.read(policy, at === undefined ? {} : { now: at })
}

export function connectionSettings(
  options: Pick<OptionValues<typeof MAIL_OPTIONS>, 'ehlo' | 'connect-port'>,
): ConnectionSettings {
  const { ehlo, 'connect-port': connectPort } = options
  return {
    ...(ehlo !== undefined && { ehloName: ehlo }),
    ...(connectPort !== undefined && { connectPort }),
  }
}

function readEhloName(text: string): string {
  try {
    checkEhloName('name', text)
    return text
  } catch {
    throw new DanelawError('usage', `'${text}' is no name to greet a host with`, {
      hint: 'give a host name, or an address in brackets, as [192.0.2.1]',
    })
  }
}
