import type { LookupAddress } from 'node:dns'
import { request } from 'node:https'
import { BlockList, isIPv4 } from 'node:net'
import { TLSRPT_LIMITS } from '../../limits.ts'
import type { LookupFunction } from '../../resolver/node-dns/lookup.ts'

export interface PostOptions {
  /** Finds the addresses of the host. */
  readonly lookup: LookupFunction
  /** Authorities in PEM in place of the platform's. */
  readonly ca: string | undefined
  /** Whether a host may be of this machine or its own network. */
  readonly allowPrivate: boolean
  readonly signal: AbortSignal | undefined
}

/** What came of it; `text` is one sentence without a final dot. */
export interface Posted {
  readonly accepted: boolean
  /** Of the reply; null where none came. */
  readonly status: number | null
  readonly text: string
}

/**
 * Posts a compressed report (RFC 8460 section 5.4). Nothing is sent to a server that the authorities do not know, and
 * none is followed to another place. What the network does is a value.
 */
export function postReport(url: URL, report: Uint8Array, options: PostOptions): Promise<Posted> {
  const deadline = AbortSignal.timeout(TLSRPT_LIMITS.postTimeout.value)
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline])
  return new Promise((resolve) => {
    const posting = request(url, {
      method: 'POST',
      // A connection of its own, and no TLS session of an earlier one.
      agent: false,
      minVersion: 'TLSv1.2',
      // Whatever the environment says (NODE_TLS_REJECT_UNAUTHORIZED).
      rejectUnauthorized: true,
      lookup: guarded(options),
      ...(options.ca !== undefined && { ca: options.ca }),
      signal,
      headers: {
        'content-type': 'application/tlsrpt+gzip',
        'content-length': report.length,
        'user-agent': 'danelaw',
        connection: 'close',
      },
    })
    posting.once('response', (response) => {
      const status = response.statusCode ?? 0
      const accepted = status >= 200 && status < 300
      const where = status >= 300 && status < 400 ? ', which is not followed' : ''
      resolve({ accepted, status, text: `the server answered ${status}${where}` })
      // What else it says is of no use.
      posting.on('error', () => undefined)
      posting.destroy()
    })
    posting.on('error', (error) => {
      const why = deadline.aborted ? `no reply within ${TLSRPT_LIMITS.postTimeout.value} ms` : error.message
      resolve({ accepted: false, status: null, text: options.signal?.aborted === true ? 'cancelled' : why })
    })
    posting.end(report)
  })
}

/**
 * A domain could name a host inside our own network for its reports, and have this machine knock there: such addresses
 * are left out, whoever has said them.
 */
function guarded({ lookup, allowPrivate }: PostOptions): LookupFunction {
  if (allowPrivate) return lookup
  return ((hostname, given, callback) => {
    const options = typeof given === 'object' ? given : {}
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const addresses = (found as LookupAddress[]).filter(({ address }) => isPublic(address))
      const first = addresses[0]
      if (first === undefined) callback(new Error(`${hostname} has no public address`), '')
      else if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }) as LookupFunction
}

function isPublic(address: string): boolean {
  return isIPv4(address)
    ? !SPECIAL.check(address, 'ipv4')
    : GLOBAL.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6')
}

/** Unicast as far as it has been handed out (RFC 4291 section 2.4). */
const GLOBAL = new BlockList()
GLOBAL.addSubnet('2000::', 3, 'ipv6')

/** Addresses for special purposes (RFC 6890), and IPv6 ones that lead to IPv4 ones. */
const SPECIAL = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  SPECIAL.addSubnet(net, prefix, 'ipv4')
}
for (const [net, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  SPECIAL.addSubnet(net, prefix, 'ipv6')
}
