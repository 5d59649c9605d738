import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of recorded data, which is no part of the project: `npm run test:recorded -- FOLDER`. */
export function recordedFolder(): string {
  const { DANELAW_RECORDED_DIR: folder } = process.env
  if (folder === undefined || folder === '') {
    throw new Error('DANELAW_RECORDED_DIR is not set; run: npm run test:recorded -- FOLDER')
  }
  return folder
}

/** Files of a folder that match, in order; none where the folder is not there. */
export function filesIn(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export function readRecorded(...path: string[]): string {
  return readFileSync(join(...path), 'utf8')
}
