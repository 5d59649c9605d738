import type { Verdict } from '../smtp/outcome.ts'
import { checkDomain, readDomain } from './check-domain.ts'
import { checkJson, checkText } from './check-report.ts'
import { defineCommand } from './command.ts'
import { connectionSettings, MAIL_OPTIONS, POLICY_OPTION, readPolicies } from './mail-options.ts'
import { withMtaSts } from './mta-sts.ts'
import { flag, reader } from './option.ts'
import { progress, writeJson } from './output.ts'
import { paintFor } from './paint.ts'
import { RESOLVING_OPTIONS, withResolver } from './resolving.ts'

export const check = defineCommand({
  name: 'check',
  description:
    'Finds out what a sender would do for a mail domain, without sending mail: MX, addresses and TLSA records, then STARTTLS to every host, up to the point where mail could go (RFC 7672).',
  args: [{ name: 'DOMAIN', required: true, help: 'the domain of a mail address; or [HOST] for one host without MX' }],
  servers: true,
  options: {
    'only-dns': flag(
      'connect to no host; the exit status then says what would be if each host proved what the DNS and the policy ask of it, and verdicts that take a connection are null',
    ),
    ...POLICY_OPTION,
    ...MAIL_OPTIONS,
    ...RESOLVING_OPTIONS,
  },
  statuses: [
    [0, 'verified: mail would go over TLS that DANE authenticates'],
    [2, 'encrypted or cleartext is the best there is'],
    [3, 'refused: the policy is not met, or a lookup failed; mail would wait'],
    [4, 'unreachable: no such domain, no mail taken, no address, no connection'],
  ],
  examples: ['danelaw check example.com', 'danelaw check @192.0.2.1 example.com --only-dns --json'],
  async run(input, io) {
    const { options, args } = input
    const nextHop = reader(readDomain)(args[0]!, 'DOMAIN')
    const policies = readPolicies(options, options.at)
    return await withResolver(input, io, async ({ resolver, now }) => {
      const checked = await withMtaSts(options, resolver, io, async (mtaSts) =>
        checkDomain(resolver, nextHop, {
          port: options.port,
          onlyDns: options['only-dns'],
          connection: { ...connectionSettings(options), at: now },
          policies,
          mtaSts,
          signal: io.signal,
          onHost: ({ host }) => progress(io, `connecting to ${host}`),
        }),
      )
      io.signal.throwIfAborted()
      // What a walk asks ahead depends on when answers arrive: a recording is to give the same document.
      const live = options.fixture === undefined && options.record === undefined
      const result = { ...checked, questions: live ? resolver.stats.questions : null }
      if (options.json) writeJson(io, checkJson(result, result.questions))
      else io.stdout.write(checkText(result, paintFor(io.stdout, io.env)))
      return STATUSES[checked.verdict ?? checked.promised]
    })
  },
})

const STATUSES: Readonly<Record<Verdict, number>> = {
  verified: 0,
  encrypted: 2,
  cleartext: 2,
  refused: 3,
  unreachable: 4,
}
