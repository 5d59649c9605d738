import { createRequire } from 'node:module'
import { DanelawError } from '../errors.ts'

/**
 * Makes A-labels of an internationalised domain name, by the rules for looking one up (UTS #46, not transitional, with
 * all of its checks; RFC 5891 section 5). Domains, SNI, policies and the DNS know no other form.
 * @param text without a final dot
 * @throws {DanelawError} `bad-name` that shows the text where it is no such name: characters that no domain has, joiners
 *   and directions where they may not stand, hyphens that stand for an encoding, labels or names that are too long
 */
export function toAsciiDomain(text: string): string {
  const ascii = tr46().toASCII(text, RULES)
  if (ascii !== null) return ascii
  throw new DanelawError('bad-name', `'${printable(text)}' is not an internationalised domain name`, {
    hint: 'it may hold characters that domain names do not have, or have them where they may not stand',
  })
}

/**
 * A domain name for people: its U-labels, where they are sure to mean the same name. A label in letters of scripts that
 * are not written together stays in A-labels: it is likely to look like another name. Whole words of another script can
 * do that as well, so this must never stand alone where something depends on the name.
 * @param text in US-ASCII, with or without a final dot
 */
export function toUnicodeDomain(text: string): string {
  return text
    .split('.')
    .map((label) => (/^xn--/i.test(label) ? unicodeLabel(label) : label))
    .join('.')
}

function unicodeLabel(label: string): string {
  const { domain, error } = tr46().toUnicode(label, RULES)
  const same = !error && tr46().toASCII(domain, RULES) === label.toLowerCase()
  // Symbols can look like borders of a name; domain names have none (RFC 5892 section 2).
  return same && LETTERS.test(domain) && writtenTogether().some((scripts) => scripts.test(domain)) ? domain : label
}

/** Made when they are needed first: it takes a third of the start of a command that needs none (measured: 35 ms). */
function writtenTogether(): readonly RegExp[] {
  patterns ??= WRITTEN_TOGETHER.map(
    (scripts) => new RegExp(`^[${scripts.map((script) => `\\p{Script=${script}}`).join('')}${OTHERS}]+$`, 'u'),
  )
  return patterns
}

let patterns: readonly RegExp[] | undefined

/** Loaded when it is needed first: its tables take longer than all the rest of a command that needs none. */
function tr46(): typeof import('tr46') {
  loaded ??= createRequire(import.meta.url)('tr46') as typeof import('tr46')
  return loaded
}

let loaded: typeof import('tr46') | undefined

function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`).slice(0, 300)
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

const RULES = {
  checkHyphens: true,
  checkBidi: true,
  checkJoiners: true,
  useSTD3ASCIIRules: true,
  verifyDNSLength: true,
  transitionalProcessing: false,
}

const LETTERS = /^(?:[\p{L}\p{M}\p{Nd}-]|\u200c|\u200d)+$/u
const OTHERS = '\\p{Script=Common}\\p{Script=Inherited}'
/** One script, or those that are written together (UTS #39 section 5.2, Highly Restrictive). */
const WRITTEN_TOGETHER = [
  'Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan'
    .split(' ')
    .map((script) => [script]),
  [['Latin', 'Han', 'Hiragana', 'Katakana']],
  [['Latin', 'Han', 'Bopomofo']],
  [['Latin', 'Han', 'Hangul']],
].flat()
