import { readNextHop } from '../../dane/next-hop.ts'
import { DanelawError } from '../../errors.ts'
import { POLICY_LIMITS } from '../../limits.ts'
import { readText } from '../../resolver/read-text.ts'
import { Name } from '../../wire/name.ts'
import { toAsciiDomain } from '../idn.ts'
import { DEFAULT_POLICY, type DestinationPolicy } from './destination-policy.ts'
import { readPolicyLines, wrong } from './policy-file.ts'

/** What holds for which destination. The most specific entry wins, whatever the order. */
export class PolicyTable {
  readonly #exact = new Map<string, DestinationPolicy>()
  readonly #below = new Map<string, DestinationPolicy>()
  /** By host or address in brackets, with or without a port. */
  readonly #hops = new Map<string, DestinationPolicy>()
  #default = DEFAULT_POLICY
  #hasDefault = false

  /**
   * @param entries destinations with their policies: `example.com` alone, `.example.com` for all below it, `[host]` and
   *   `[host]:port` for next hops in brackets, `*` for all others
   * @throws {DanelawError} `bad-config` for what is no destination, and for one that is there twice.
   */
  constructor(entries: Iterable<readonly [destination: string, policy: DestinationPolicy]> = []) {
    for (const [destination, policy] of entries) {
      const problem = this.#add(destination, policy)
      if (problem !== null) throw new DanelawError('bad-config', problem)
    }
  }

  /**
   * Reads a file; docs/policy.md says how it is written.
   * @throws {DanelawError} `bad-config`, `bad-certificate` with file and line; `file`
   */
  static read(path: string, options: { readonly now?: number } = {}): PolicyTable {
    return PolicyTable.parse(readText(path, POLICY_LIMITS.fileOctets.value), { ...options, file: path })
  }

  /**
   * The same from text.
   * @param options `file` is the name for messages, and where files of authorities are looked for; `now` in Unix seconds
   */
  static parse(text: string, options: { readonly file: string; readonly now?: number }): PolicyTable {
    const { file, now = Date.now() / 1000 } = options
    const table = new PolicyTable()
    for (const { key, policy, line } of readPolicyLines(text, file, now)) {
      const problem = table.#add(key, policy)
      if (problem !== null) throw wrong({ file, number: line }, problem)
    }
    return table
  }

  /** What holds for a next hop: a domain, or a host or address in brackets as `discover` takes them. */
  for(nextHop: Name | string): DestinationPolicy {
    return this.find(nextHop) ?? this.#default
  }

  /** The same without the default for all others. */
  find(nextHop: Name | string): DestinationPolicy | undefined {
    if (nextHop instanceof Name) return this.#findDomain(nextHop)
    const hop = readNextHop(nextHop)
    if (hop.kind === 'domain') return this.#findDomain(hop.name)
    return this.#hops.get(hopKey(hop)) ?? this.#hops.get(hopKey({ ...hop, port: undefined }))
  }

  #findDomain(domain: Name): DestinationPolicy | undefined {
    const exact = this.#exact.get(domain.key)
    if (exact !== undefined) return exact
    for (let labels = domain.labelCount - 1; labels > 0; labels--) {
      const above = this.#below.get(domain.suffix(labels).key)
      if (above !== undefined) return above
    }
    return undefined
  }

  /** What is wrong with a destination, or null. */
  #add(destination: string, policy: DestinationPolicy): string | null {
    if (destination === '*') {
      if (this.#hasDefault) return '* is there twice'
      this.#hasDefault = true
      this.#default = policy
      return null
    }
    try {
      if (destination.startsWith('[')) {
        const hop = readNextHop(destination)
        return put(this.#hops, hopKey(hop), policy, destination)
      }
      if (destination === '.' || destination === '') return 'the root is no destination; the default is written *'
      const below = destination.startsWith('.')
      const text = below ? destination.slice(1) : destination
      const name = Name.parse(/^[ -~]*$/.test(text) ? text : toAsciiDomain(text))
      return put(below ? this.#below : this.#exact, name.key, policy, destination)
    } catch (error) {
      if (!(error instanceof DanelawError)) throw error
      return error.message
    }
  }
}

function put(
  map: Map<string, DestinationPolicy>,
  key: string,
  policy: DestinationPolicy,
  shown: string,
): string | null {
  const earlier = map.get(key)
  if (earlier !== undefined) return `${shown} is there twice: ${earlier.from} has it too`
  map.set(key, policy)
  return null
}

function hopKey({ kind, name, port }: { kind: string; name: Name; port: number | undefined }): string {
  return `${kind} ${name.key} ${port ?? ''}`
}
