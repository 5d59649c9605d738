import { isIP } from 'node:net'
import { DanelawError } from '../../errors.ts'
import { RESOLVER_LIMITS } from '../../limits.ts'
import { parseUpstream, type UpstreamSpec } from '../upstream-spec.ts'
import type { LocalAddresses } from '../transport/transport.ts'
import { argumentError } from './dns-error.ts'

/** Upstreams as `setServers` of `node:dns` takes them. @throws {TypeError} with Node's codes. */
export function readServers(servers: readonly string[]): UpstreamSpec[] {
  if (!Array.isArray(servers)) throw argumentError('ERR_INVALID_ARG_TYPE', 'servers: not an array')
  const { max } = RESOLVER_LIMITS.upstreams
  if (servers.length === 0 || servers.length > max) {
    throw argumentError('ERR_INVALID_ARG_VALUE', `servers: ${servers.length}, where 1 to ${max} can be asked`)
  }
  return servers.map((server, index) => {
    if (typeof server !== 'string') throw argumentError('ERR_INVALID_ARG_TYPE', `servers[${index}]: not a string`)
    try {
      return parseUpstream(server)
    } catch (error) {
      if (!(error instanceof DanelawError)) throw error
      const invalid = new TypeError(`servers[${index}]: ${error.message}`, { cause: error })
      throw Object.assign(invalid, { code: 'ERR_INVALID_IP_ADDRESS' })
    }
  })
}

/** As `setLocalAddress` of `node:dns` takes them: one address, or one of each family. @throws {TypeError} */
export function readLocalAddresses(first: string, second: string | undefined): LocalAddresses {
  const given = second === undefined ? [first] : [first, second]
  for (const address of given) {
    if (typeof address !== 'string') throw argumentError('ERR_INVALID_ARG_TYPE', 'address: not a string')
    if (isIP(address) === 0) throw argumentError('ERR_INVALID_ARG_VALUE', `address: '${address}' is none`)
  }
  const of = (family: number): string | undefined => {
    const [address, ...more] = given.filter((each) => isIP(each) === family)
    if (more.length > 0) throw argumentError('ERR_INVALID_ARG_VALUE', `address: two of IPv${family}`)
    return address
  }
  return { ipv4: of(4), ipv6: of(6) }
}

/** As `node:dns` refuses it: those who wait would otherwise be left with servers that are no longer asked. */
export function serversInUse(): Error {
  const error = new Error('servers: queries are under way; wait for them, or cancel them')
  return Object.assign(error, { code: 'ERR_DNS_SET_SERVERS_FAILED' })
}

/** An upstream as `getServers` of `node:dns` gives it: without the port where that is 53, and then without brackets. */
export function serverText({ text }: UpstreamSpec): string {
  const usual = /^(?:\[([^\]]+)\]|([0-9.]+)):53$/.exec(text)
  return usual?.[1] ?? usual?.[2] ?? text
}
