import type { DeliverOptions } from '../smtp/delivery.ts'
import type { DeliveryOutcome } from '../smtp/outcome.ts'
import { DiskStore } from '../smtp/queue/disk-store.ts'
import { Queue } from '../smtp/queue/queue.ts'
import type { DeliverFunction, QueueOptions } from '../smtp/queue/settings.ts'
import type { Input } from './command.ts'
import type { Io } from './io.ts'
import { connectionSettings, MAIL_OPTIONS, POLICY_OPTION, readPolicies } from './mail-options.ts'
import { withMtaSts } from './mta-sts.ts'
import type { OptionTable, OptionValues } from './option.ts'
import { deliverVia } from './relaying.ts'
import { RESOLVING_OPTIONS, type Resolving, withResolver } from './resolving.ts'
import { TLS_REPORTING_OPTIONS, tlsReporting } from './tls-reporting.ts'

/** What the commands that deliver mail have. */
export const DELIVERY_OPTIONS = {
  ...MAIL_OPTIONS,
  ...POLICY_OPTION,
  ...TLS_REPORTING_OPTIONS,
  ...RESOLVING_OPTIONS,
} as const satisfies OptionTable

/** Runs `work` with what `deliver` needs, as the options want it. */
export async function withDelivery<T>(
  input: Input<typeof DELIVERY_OPTIONS>,
  io: Io,
  work: (settings: DeliverOptions, resolving: Resolving) => Promise<T>,
): Promise<T> {
  const { options } = input
  const reporting = tlsReporting(options.tlsrpt, io)
  const policies = readPolicies(options, options.at)
  return await withResolver(input, io, async (resolving) => {
    const { resolver, now } = resolving
    return await withMtaSts(options, resolver, io, async (mtaSts) => {
      const settings = {
        resolver,
        ...(policies !== undefined && { policies }),
        ...(mtaSts !== undefined && { mtaSts }),
        // Without `--at`, certificates are judged when they are seen.
        ...(options.at !== undefined && { at: now }),
        ...(options.port !== undefined && { discovery: { port: options.port } }),
        ...connectionSettings(options),
        ...reporting,
      }
      return await work(settings, resolving)
    })
  })
}

/** The queue in a folder. Without `settings` it can be looked at and added to, and delivers nothing. */
export function openQueue(
  folder: string,
  options: Pick<OptionValues<typeof DELIVERY_OPTIONS>, 'ehlo'>,
  more: Pick<QueueOptions, 'tuning' | 'onEvent'> & Deliveries = {},
): Queue {
  const { settings, onOutcomes, create = true, ...rest } = more
  const { ehlo } = options
  return new Queue({
    store: new DiskStore(folder, { create }),
    deliver: delivering({ settings, onOutcomes }),
    ...(ehlo !== undefined && { hostname: ehlo }),
    ...rest,
  })
}

interface Deliveries {
  /** Whether the folder is made where it is not there. Default true. */
  readonly create?: boolean
  readonly settings?: DeliverOptions | undefined
  /** Told of what each delivery came to. */
  readonly onOutcomes?: ((from: string | null, outcomes: readonly DeliveryOutcome[]) => void) | undefined
}

function delivering({ settings, onOutcomes }: Deliveries): DeliverFunction {
  return async (message, options) => {
    if (settings === undefined) throw new TypeError('settings: nothing to deliver with')
    const { via, ...own } = options
    const outcomes = await deliverVia(via, message, { ...settings, ...own })
    onOutcomes?.(message.from, outcomes)
    return outcomes
  }
}
