import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** What scripts/interop-peers.sh unpacks: packages that cannot be installed beside those that are. */
const PEERS = process.env['DANELAW_PEERS'] ?? join(import.meta.dirname, '..', '..', '..', '.peers')

/** A file or folder of one Debian release. @throws with the line that brings it here. */
export function unpacked(release: 'bookworm' | 'trixie', path: string): string {
  const file = join(PEERS, release, path)
  if (!existsSync(file)) throw new Error(`${file} is missing: scripts/interop-peers.sh`)
  return file
}
