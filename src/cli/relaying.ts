import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { readNextHop } from '../dane/next-hop.ts'
import { DanelawError } from '../errors.ts'
import { parseReversePath } from '../smtp/address.ts'
import { type DeliverOptions, deliver, type OutgoingMessage } from '../smtp/delivery.ts'
import type { DeliveryOutcome } from '../smtp/outcome.ts'
import type { QueueVia } from '../smtp/queue/via.ts'
import type { Credentials } from '../smtp/sasl/credentials.ts'
import { submit } from '../smtp/submit.ts'
import { readName } from './argument-readers.ts'
import { readCredentials } from './credentials-file.ts'
import { flag, optional, optionalValue, type OptionTable, type OptionValues, readPath, reader } from './option.ts'

/** Where mail goes in place of the recipients' domains. */
export const RELAY_OPTIONS = {
  relay: optional(
    'NEXT-HOP',
    reader(readHop),
    "hand the mail to this host, in place of the recipients' domains: [smtp.example.net]:587, [192.0.2.1], or a domain whose MX hosts take it",
  ),
  'implicit-tls': flag('with --relay: TLS from the first octet on (RFC 8314); the port is then 465 if none is given'),
  submission: optionalValue(
    'DOMAIN',
    reader(readDomainName),
    "hand the mail to the submission server of DOMAIN, which its SRV records name (RFC 6186, 8314); default: the sender's domain. The server proves who it is or gets nothing",
  ),
  credentials: optional(
    'FILE',
    readPath,
    'with --relay or --submission: log in with what the file holds, two lines of user and password, or settings user =, password =, token =. Only a server that has proven who it is hears of them',
  ),
} as const satisfies OptionTable

type RelayOptions = OptionValues<typeof RELAY_OPTIONS> & {
  readonly from: string
  readonly policy: string | undefined
  readonly port: number | undefined
  readonly queue: string | undefined
}

/**
 * Where the options want the mail to go; null for the recipients' domains. A file of credentials is looked into.
 * @throws {DanelawError} `usage` where options do not go together; as `readCredentials`
 */
export function viaOf(options: RelayOptions): QueueVia | null {
  const { relay, submission, credentials, queue } = options
  const implicitTls = options['implicit-tls']
  if (relay !== undefined && submission !== undefined) throw usage('--relay and --submission exclude each other')
  if (implicitTls && relay === undefined) throw usage('--implicit-tls is for --relay')
  if (relay === undefined && submission === undefined) {
    if (credentials !== undefined) throw usage('--credentials is for --relay or --submission')
    return null
  }
  if (submission !== undefined && options.policy !== undefined) {
    throw usage('--policy and --submission exclude each other: what the server owes follows from its SRV records')
  }
  const credentialsFile = credentials === undefined ? null : resolve(credentials)
  if (credentialsFile !== null && queue !== undefined) mustBeFile(credentialsFile)
  if (credentialsFile !== null) readCredentials(credentialsFile)
  if (relay === undefined) {
    return { kind: 'submission', domain: submission || senderDomain(options.from), credentialsFile }
  }
  // What is queued is tried by a process that may have another --port.
  const port = options.port ?? (implicitTls ? 465 : undefined)
  const nextHop = port !== undefined && relay.endsWith(']') ? `${relay}:${port}` : relay
  return { kind: 'relay', nextHop, implicitTls, credentialsFile }
}

/** `deliver`, with the mail going where `via` says. @throws as `deliver` and `readCredentials`; nothing is sent then. */
export async function deliverVia(
  via: QueueVia | null,
  message: OutgoingMessage,
  settings: DeliverOptions,
): Promise<DeliveryOutcome[]> {
  if (via === null) return await deliver(message, settings)
  const { credentialsFile } = via
  const credentials: { credentials?: Credentials } =
    credentialsFile === null ? {} : { credentials: readCredentials(credentialsFile) }
  // Reports on TLS are about what recipients' domains publish (RFC 8460 section 3), which nobody looks at here.
  const { onTlsSession: _, ...rest } = settings
  if (via.kind === 'submission') {
    const { resolver, policies: __, mtaSts: ___, discovery: ____, ...own } = rest
    return await submit(message, { ...own, resolver: resolver!, domain: via.domain, ...credentials })
  }
  const { nextHop, implicitTls } = via
  const port = rest.discovery?.port ?? (implicitTls ? 465 : undefined)
  return await deliver(message, {
    ...rest,
    ...(port !== undefined && { discovery: { ...rest.discovery, port } }),
    relay: { nextHop, implicitTls, ...credentials },
  })
}

function readHop(text: string): string {
  readNextHop(text)
  return text
}

function readDomainName(text: string): string {
  return readName(text).toCanonicalString()
}

function senderDomain(from: string): string {
  const domain = parseReversePath(from)?.domain
  if (domain?.kind === 'domain') return domain.name.toCanonicalString()
  throw new DanelawError('usage', 'the sender has no domain to submit mail at', {
    hint: 'give one: --submission=DOMAIN',
  })
}

/** A pipe can be read once, and a queue reads for each try. */
function mustBeFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw new DanelawError('usage', 'is no regular file, and the queue reads it for each try', {
      place: { file: path },
    })
  }
}

function usage(message: string): DanelawError {
  return new DanelawError('usage', message, { hint: 'see danelaw send --help' })
}
