import type { Lookup } from '../dane/lookup.ts'
import type { MtaSts } from '../smtp/mta-sts/mta-sts.ts'
import type { Io } from './io.ts'
import type { MAIL_OPTIONS } from './mail-options.ts'
import type { OptionValues } from './option.ts'
import { printable } from './paint.ts'

/**
 * Runs `work` with MTA-STS as `--mta-sts` wants it, undefined without that option. What was learnt is written to the
 * file whatever happens; what a person has to know of goes to standard error.
 */
export async function withMtaSts<T>(
  options: Pick<OptionValues<typeof MAIL_OPTIONS>, 'mta-sts'>,
  resolver: Lookup,
  io: Io,
  work: (mtaSts: MtaSts | undefined) => Promise<T>,
): Promise<T> {
  const file = options['mta-sts']
  if (file === undefined) return await work(undefined)
  const warn = (_: object, message: string): void => {
    io.stderr.write(`danelaw: ${printable(message)}\n`)
  }
  // HTTPS takes its time to load, and most runs want none.
  const { MtaSts: Policies } = await import('../smtp/mta-sts/mta-sts.ts')
  const mtaSts = new Policies({ resolver, file, logger: { warn } })
  try {
    return await work(mtaSts)
  } finally {
    await mtaSts.close()
  }
}
