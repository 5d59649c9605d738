import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startNsd } from '../peers/nsd.ts'
import { freePort } from '../peers/ports.ts'
import type { Server } from '../peers/program.ts'
import { startUnbound } from '../peers/unbound.ts'
import { type PlainZone, type WrittenZone, writeZone } from '../peers/zones.ts'

/** Signed zones behind a validating resolver. */
export interface MailWorld {
  readonly folder: string
  /** Arguments of danelaw that lead to the resolver and its trust anchor. */
  readonly upstream: readonly string[]
  /** Has it ended with the world. */
  keep<T extends { stop(): Promise<void> }>(server: T): T
  /** Ends all servers, the latest first; logs are kept where something has failed. */
  end(failed: boolean): Promise<void>
}

export interface ChildZone extends PlainZone {
  /** The parent's DS record is of a key the zone does not have. */
  readonly wrongDs?: boolean
}

/** A folder with nothing in it yet but what `keep` brings. */
export function createFolder(label: string): Pick<MailWorld, 'folder' | 'keep' | 'end'> {
  const folder = mkdtempSync(join(tmpdir(), `danelaw-${label}-`))
  const kept: { stop(): Promise<void> }[] = []
  return {
    folder,
    keep(server) {
      kept.push(server)
      return server
    },
    async end(failed) {
      for (const server of kept.reverse()) await server.stop()
      if (failed) console.error(`logs are kept in ${folder}`)
      else rmSync(folder, { recursive: true })
    },
  }
}

export interface Names {
  /** For `@ADDRESS:PORT`. */
  readonly upstream: readonly string[]
  /** Of the authoritative server and of the resolver. */
  readonly servers: readonly Server[]
}

/** Zones below `test.`, their parents, NSD and a validating Unbound, which listens on `address` and `port`. */
export async function serveNames(
  folder: string,
  children: readonly ChildZone[],
  at: { readonly address?: string; readonly port?: number; readonly settings?: readonly string[] } = {},
): Promise<Names> {
  const zones = writeZones(folder, children)
  const root = zones.at(-1)!
  const authority = await freePort()
  const nsd = await startNsd(folder, authority, zones)
  const { address = '127.0.0.1', port = await freePort(), settings = [] } = at
  const apexes = zones.map(({ apex }) => apex)
  const unbound = await startUnbound(folder, { address, port, authority, zones: apexes, anchor: root.ds, settings })
  const anchor = join(folder, 'anchor.ds')
  writeFileSync(anchor, root.ds)
  return { upstream: [`@${address}:${port}`, '--anchor', anchor], servers: [nsd, unbound] }
}

/** Child zones first, the root last, each with the DS records of those before it. */
function writeZones(folder: string, children: readonly ChildZone[]): WrittenZone[] {
  const written = children.map((zone) => {
    const made = writeZone(folder, zone)
    return zone.wrongDs === true ? { ...made, ds: made.ds.replaceAll(/[0-9A-F]{8}(?=\s*\)?\s*$)/gm, '00000000') } : made
  })
  const below = (apex: string): string =>
    written
      .filter((zone) => zone.apex.slice(zone.apex.indexOf('.') + 1) === apex)
      .map((zone) => `${zone.apex} NS ns.nic.\n${zone.ds}`)
      .join('\n')
  const test = writeZone(folder, { apex: 'test.', records: below('test.'), denial: 'opt-out' })
  const nic = writeZone(folder, { apex: 'nic.', records: 'ns A 127.0.0.1', denial: 'nsec' })
  const records = `test. NS ns.nic.\nnic. NS ns.nic.\n${test.ds}\n${nic.ds}`
  return [...written, test, nic, writeZone(folder, { apex: '.', records, denial: 'nsec' })]
}
