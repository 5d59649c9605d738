import { DanelawError } from '../errors.ts'
import { RESOLVER_LIMITS } from '../limits.ts'
import { readText } from './read-text.ts'
import { parseUpstream, type UpstreamSpec } from './upstream-spec.ts'

/** What the system's configuration says about upstreams. */
export interface SystemConfig {
  readonly upstreams: readonly UpstreamSpec[]
  /** Milliseconds for one exchange; undefined where nothing is said. */
  readonly attemptTimeout: number | undefined
  /** How often each upstream is asked; undefined where nothing is said. */
  readonly attempts: number | undefined
}

/**
 * Reads resolv.conf(5).
 * @throws {DanelawError} `no-upstream` where there is no such file or it names no server that can be used.
 */
export function systemConfig(path = '/etc/resolv.conf'): SystemConfig {
  let text: string
  try {
    text = readText(path, RESOLVER_LIMITS.configOctets.value)
  } catch (error) {
    throw noUpstream(error instanceof Error ? error.message : path, error)
  }
  const config = parseResolvConf(text)
  if (config.upstreams.length === 0) throw noUpstream(`${path}: names no server`)
  return config
}

/**
 * Takes the servers, `options timeout:` and `options attempts:` out of resolv.conf(5). As there, lines that cannot be
 * read are passed over, and the values are capped at 30 seconds and 5 attempts.
 */
export function parseResolvConf(text: string): SystemConfig {
  const upstreams: UpstreamSpec[] = []
  let attemptTimeout: number | undefined
  let attempts: number | undefined
  for (const line of text.split(/\r?\n/)) {
    const [keyword, ...values] = line.split(/[ \t]+/)
    if (keyword === 'nameserver') {
      const upstream = server(values[0])
      if (upstream !== undefined && upstreams.length < RESOLVER_LIMITS.upstreams.value) upstreams.push(upstream)
    } else if (keyword === 'options') {
      for (const option of values) {
        const match = /^(timeout|attempts):([0-9]{1,6})$/.exec(option)
        if (match === null) continue
        const value = Math.max(1, Number(match[2]))
        if (match[1] === 'timeout') attemptTimeout = Math.min(value, 30) * 1000
        else attempts = Math.min(value, 5)
      }
    }
  }
  return { upstreams, attemptTimeout, attempts }
}

/** Only an address, as resolv.conf(5) has it: no port, no brackets. */
function server(text: string | undefined): UpstreamSpec | undefined {
  if (text === undefined || text.startsWith('[') || /^[0-9]+(\.[0-9]+)+:|:\/\//.test(text)) return undefined
  try {
    return parseUpstream(text)
  } catch {
    return undefined
  }
}

function noUpstream(why: string, cause?: unknown): DanelawError {
  return new DanelawError('no-upstream', `no upstream to ask: ${why}`, { hint: 'give one, as in @192.0.2.1', cause })
}
