import { parseMasterFile } from '../../src/wire/master-file/parse.ts'
import type { ResourceRecord } from '../../src/wire/record.ts'

/** One entry of Unbound's test format, by sections. */
export interface Entry {
  /** The question as it is written: `NAME [CLASS] TYPE`. */
  readonly question: string
  readonly answer: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
}

/** Reads `ENTRY_BEGIN … ENTRY_END` with `SECTION QUESTION`, `ANSWER` and `AUTHORITY`. */
export function parseEntries(text: string, file: string): Entry[] {
  const entries: Entry[] = []
  let sections: Map<string, string[]> | undefined
  let current: string[] | undefined
  for (const line of text.split('\n')) {
    const [word, argument] = line.trim().split(/\s+/)
    if (word === 'ENTRY_BEGIN') sections = new Map()
    else if (word === 'ENTRY_END') {
      if (sections === undefined) throw new Error(`${file}: ENTRY_END without ENTRY_BEGIN`)
      entries.push(readEntry(sections, file))
      sections = undefined
      current = undefined
    } else if (word === 'SECTION') {
      current = []
      sections?.set(argument!, current)
    } else current?.push(line)
  }
  return entries
}

function readEntry(sections: ReadonlyMap<string, readonly string[]>, file: string): Entry {
  const question = sections.get('QUESTION')?.find((line) => line.trim() !== '' && !line.startsWith(';'))
  if (question === undefined) throw new Error(`${file}: an entry without a question`)
  const records = (section: string) =>
    parseMasterFile((sections.get(section) ?? []).join('\n'), { file, defaultTtl: 3600 })
  return { question: question.trim(), answer: records('ANSWER'), authority: records('AUTHORITY') }
}
