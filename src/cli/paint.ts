import type { Io, Output } from './io.ts'

/** Text in colours, or as it stands where nobody would see them. */
export interface Paint {
  readonly good: (text: string) => string
  readonly fair: (text: string) => string
  readonly bad: (text: string) => string
  readonly strong: (text: string) => string
  readonly faint: (text: string) => string
}

/** Colours only on a terminal, and never against the user's word (https://no-color.org). */
export function paintFor(output: Output, env: Io['env']): Paint {
  const refused = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  return output.isTerminal && !refused ? COLOURED : PLAIN
}

/** Text that came from elsewhere, safe for a terminal: what could control it is shown as an escape. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const code = character.codePointAt(0)!
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** The classes Cc and Cs by their numbers: by their names, V8 goes through all characters when the program starts. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

const asItIs = (text: string): string => text
const PLAIN: Paint = { good: asItIs, fair: asItIs, bad: asItIs, strong: asItIs, faint: asItIs }

const COLOURED: Paint = {
  good: sgr(32),
  fair: sgr(33),
  bad: sgr(31),
  strong: sgr(1),
  faint: sgr(2),
}

function sgr(parameter: number): (text: string) => string {
  return (text) => `\u001b[${parameter}m${text}\u001b[0m`
}
