/** The body of a zone section: records, directives, and what both share. */
import { rrTypeFromName } from '../../../src/wire/codes/rrtype.ts'
import { Name } from '../../../src/wire/name.ts'
import { base32hex, nsec3HashOf } from '../../lab/signer/denial.ts'
import { type Line, type Options, type ZoneSection, at, fail } from './parse.ts'

export interface Directive {
  readonly name: string
  readonly line: Line
  readonly words: readonly string[]
}

/** The body as a master file in which each record keeps its line number, and the directives of scenarios apart. */
export function readBody({ line, body, options }: ZoneSection): { text: string; directives: Directive[] } {
  const directives: Directive[] = []
  const lines = body.map((content) => {
    const name = content.text.trim().split(/\s+/)[0]
    if (name === undefined || !DIRECTIVES.has(name)) return expandMacros(content, options)
    directives.push({ name, line: content, words: expandMacros(content, options).trim().split(/\s+/).slice(1) })
    return ''
  })
  return { text: '\n'.repeat(line.number) + lines.join('\n'), directives }
}

/** The owner of an NSEC3 record, written `{nsec3 NAME}`, or `{nsec3 NAME+1}` and `{nsec3 NAME-1}` for its neighbours. */
export function expandMacros(line: Line, options: Options): string {
  return line.text.replace(/\{nsec3 (\S+?)([+-]1)?\}/g, (_, text: string, neighbour: string | undefined) => {
    const hash = nsec3HashOf(
      at(line, () => Name.parse(text)),
      hashParameters(options),
    )
    if (neighbour !== undefined) hash[hash.length - 1]! += Number(neighbour)
    return base32hex(hash)
  })
}

export function hashParameters(options: Options): { salt: Buffer; iterations: number } {
  return { salt: Buffer.from(options.get('salt') ?? '', 'hex'), iterations: Number(options.get('iterations') ?? 0) }
}

export function typeFrom(line: Line, text: string | undefined): number {
  const type = text === undefined ? undefined : rrTypeFromName(text)
  if (type === undefined) throw fail(line, `'${text}' is not an RR type`)
  return type
}

const DIRECTIVES: ReadonlySet<string> = new Set(['$CHAIN', '$RAW', '$SIGN'])
