import { pathToFileURL } from 'node:url'
import { fileOf } from '../folder.ts'

/** What a validator is given: DS of the root, the name whose MX RRset is asked, the zones down to it, the messages. */
interface Task {
  readonly anchor: object
  readonly leaf: string
  readonly zones: readonly string[]
  readonly wireOf: (name: string, type: number) => Uint8Array
  /** Unix seconds. */
  readonly now: number
}

export interface Peer {
  readonly name: string
  /** What it does not check, for the report. */
  readonly unchecked: string
  /** A function that validates the chain once, or throws. */
  make(task: Task): (() => void | Promise<void>) | Promise<() => void | Promise<void>>
}

/** The validators that are installed in `bench/peers`, and the names of those that are not. */
export async function loadAdapters(): Promise<{
  readonly peers: readonly Peer[]
  readonly missing: readonly string[]
}> {
  const url = pathToFileURL(fileOf('peers/adapters.mjs')).href
  const { PEERS, isInstalled } = (await import(url)) as {
    PEERS: readonly Peer[]
    isInstalled: (peer: Peer) => Promise<boolean>
  }
  const found = await Promise.all(PEERS.map(isInstalled))
  return {
    peers: PEERS.filter((_, index) => found[index]),
    missing: PEERS.filter((_, index) => !found[index]).map(({ name }) => name),
  }
}
