import { DanelawError } from '../../errors.ts'
import type { MtaSts } from '../../smtp/mta-sts/mta-sts.ts'
import { checkDomain, readDomain } from '../check-domain.ts'
import { checkJson } from '../check-report.ts'
import type { Input } from '../command.ts'
import type { Io } from '../io.ts'
import { connectionSettings, readPolicies } from '../mail-options.ts'
import { withMtaSts } from '../mta-sts.ts'
import { type Resolving, withResolver } from '../resolving.ts'
import type { SCAN_OPTIONS } from './options.ts'

/** What became of one domain. */
export interface Checked {
  /** The document of `danelaw check --json`, or one with an error, on one line; null where it was called off. */
  readonly document: string | null
  /** For the count: a verdict, `looked up` where no connection was made, `error`. */
  readonly outcome: string
}

/** Who looks at domains: this thread, or others. */
export interface Checker {
  /** Never rejects for what one domain is to blame for. */
  check(domain: string): Promise<Checked>
}

/** What a domain is looked at with. */
export type ScanInput = Pick<Input<typeof SCAN_OPTIONS>, 'servers' | 'options'>

/** Runs `work` with a resolver of this thread. */
export async function withChecker<T>(input: ScanInput, io: Io, work: (checker: Checker) => Promise<T>): Promise<T> {
  const { options } = input
  const policies = readPolicies(options, options.at)
  const base = { ...input, args: [] }
  const withBoth = (use: (resolving: Resolving, mtaSts: MtaSts | undefined) => Promise<T>): Promise<T> =>
    withResolver(base, io, (resolving) =>
      withMtaSts(options, resolving.resolver, io, (mtaSts) => use(resolving, mtaSts)),
    )
  return await withBoth(async ({ resolver, now }, mtaSts) => {
    const checkOptions = {
      port: options.port,
      onlyDns: options['only-dns'],
      connection: { ...connectionSettings(options), ...(options.at !== undefined && { at: now }) },
      policies,
      mtaSts,
      signal: io.signal,
    }
    return await work({
      async check(domain) {
        try {
          const result = await checkDomain(resolver, readDomain(domain), checkOptions)
          const document = JSON.stringify(checkJson(result, null))
          return { document, outcome: result.verdict ?? 'looked up' }
        } catch (error) {
          if (io.signal.aborted) return { document: null, outcome: 'called off' }
          return failed({ input: domain }, error)
        }
      },
    })
  })
}

/** The document of a line that has no other. */
export function failed(where: { readonly line?: number; readonly input: string }, error: unknown): Checked {
  const [code, message] =
    error instanceof DanelawError ? [error.code, error.message] : ['internal', `internal error: ${String(error)}`]
  return { document: JSON.stringify({ ...where, error: { code, message } }), outcome: 'error' }
}
