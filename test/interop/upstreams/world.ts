import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type MadeCertificate, makeCertificate } from '../peers/certificate.ts'
import { startNsd } from '../peers/nsd.ts'
import { freePort } from '../peers/ports.ts'
import type { Server } from '../peers/program.ts'
import { startUnbound } from '../peers/unbound.ts'
import { writeInternet } from './internet.ts'

/** What all resolvers of a test stand on: an authoritative server of a signed internet, and an Unbound over it. */
export interface World {
  readonly folder: string
  /** DS records of the root. */
  readonly anchor: string
  readonly zones: readonly string[]
  /** Port of NSD on 127.0.0.1. */
  readonly authority: number
  /** Port of Unbound on 127.0.0.1, which validates. */
  readonly unbound: number
  /** Of the name `dns.test`. */
  readonly certificate: MadeCertificate
  /** Has it ended with the world. */
  keep(server: Server): Server
  /** Ends all servers, the latest first; logs are kept where something has failed. */
  end(failed: boolean): Promise<void>
}

export async function createWorld(label: string): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), `danelaw-${label}-`))
  const certificate = makeCertificate(folder, 'dns.test')
  const written = writeInternet(folder)
  const servers: Server[] = []
  const keep = (server: Server): Server => {
    servers.push(server)
    return server
  }
  const [authority, unbound] = [await freePort(), await freePort()]
  keep(await startNsd(folder, authority, written))
  const zones = written.map(({ apex }) => apex)
  const anchor = written.at(-1)!.ds
  keep(await startUnbound(folder, { port: unbound, authority, zones, anchor }))
  return {
    ...{ folder, anchor, zones, authority, unbound, certificate, keep },
    async end(failed) {
      for (const server of servers.reverse()) await server.stop()
      if (failed) console.error(`logs are kept in ${folder}`)
      else rmSync(folder, { recursive: true })
    },
  }
}
