import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { formatRecord } from '../../src/wire/presentation/record.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'

/** A folder for the files of one test file, gone at its end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'danelaw-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes a file and gives its path. */
export function file(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

export function masterFile(records: readonly ResourceRecord[]): string {
  return records.map((record) => `${formatRecord(record)}\n`).join('')
}
