import { DanelawError } from '../errors.ts'

/** An element of a trust-anchor document. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** The text directly inside, without white space at its ends. */
  readonly text: string
  /** Line of the start tag, counted from 1. */
  readonly line: number
}

/**
 * Reads the XML that trust anchors are published in (RFC 9718 section 2.1): elements, attributes, text, comments.
 * Document types, entities, sections, processing instructions and namespaces have no place there; they are refused
 * rather than given a meaning.
 * @throws {DanelawError} `bad-anchor` with file and line.
 */
export function parseAnchorXml(text: string, file: string): XmlElement {
  return new XmlReader(text, file).document()
}

class XmlReader {
  readonly #text: string
  readonly #file: string
  #at = 0
  #elements = 0
  #lines = 1
  #counted = 0

  constructor(text: string, file: string) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text
    this.#file = file
  }

  document(): XmlElement {
    // The one processing instruction there may be, and only at the very start.
    this.#match(/<\?xml[ \t\r\n]+version=(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding=(?:"UTF-8"|'UTF-8'))?[ \t\r\n]*\?>/iy)
    this.#skipBlank()
    const root = this.#element(0)
    this.#skipBlank()
    if (this.#at < this.#text.length) throw this.#fail('text after the end of the document')
    return root
  }

  #element(depth: number): XmlElement {
    if (depth > MAX_DEPTH) throw this.#fail(`elements nested more than ${MAX_DEPTH} deep`)
    if (++this.#elements > MAX_ELEMENTS) throw this.#fail(`more than ${MAX_ELEMENTS} elements`)
    const line = this.#line()
    const name = this.#match(/<([A-Za-z][A-Za-z0-9]*)/y)?.[1]
    if (name === undefined) throw this.#fail(this.#whatStandsHere())
    const attributes = this.#attributes(name)
    if (this.#match(/\/>/y) !== undefined) return { name, attributes, children: [], text: '', line }
    if (this.#match(/>/y) === undefined) throw this.#fail(`the start tag of ${name} does not end`)

    const children: XmlElement[] = []
    let text = ''
    for (;;) {
      text += this.#match(/[^<&]+/y)?.[0] ?? ''
      if (this.#match(COMMENT) !== undefined) continue
      const end = this.#match(/<\/([A-Za-z][A-Za-z0-9]*)[ \t\r\n]*>/y)
      if (end === undefined) {
        children.push(this.#element(depth + 1))
        continue
      }
      if (end[1] !== name) throw this.#fail(`</${end[1]}> where </${name}> should stand`)
      return { name, attributes, children, text: text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''), line }
    }
  }

  #attributes(element: string): Map<string, string> {
    const attributes = new Map<string, string>()
    for (;;) {
      const match = this.#match(/[ \t\r\n]+([A-Za-z][A-Za-z0-9]*)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<&]*)"|'([^'<&]*)')/y)
      if (match === undefined) break
      const name = match[1]!
      if (attributes.has(name)) throw this.#fail(`attribute ${name} of ${element} stands twice`)
      attributes.set(name, match[2] ?? match[3] ?? '')
    }
    this.#match(/[ \t\r\n]+/y)
    return attributes
  }

  #skipBlank(): void {
    do this.#match(/[ \t\r\n]+/y)
    while (this.#match(COMMENT) !== undefined)
  }

  /** Takes what matches at this very place; undefined where nothing does. */
  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return match
  }

  #whatStandsHere(): string {
    const rest = this.#text.slice(this.#at, this.#at + 9)
    if (rest === '') return 'the document ends too early'
    if (rest.startsWith('<!--')) return 'a comment that does not end'
    if (rest.startsWith('<!')) return 'a document type or a section, which a trust-anchor document does not have'
    if (rest.startsWith('<?')) return 'a processing instruction, which a trust-anchor document does not have'
    if (rest.startsWith('&')) return 'an entity, which a trust-anchor document does not have'
    return 'this is not an element'
  }

  /** Lines are counted on from where they were counted last: the reader never goes back. */
  #line(): number {
    for (let i = this.#text.indexOf('\n', this.#counted); i >= 0 && i < this.#at; i = this.#text.indexOf('\n', i + 1)) {
      this.#lines++
      this.#counted = i + 1
    }
    return this.#lines
  }

  #fail(message: string): DanelawError {
    return new DanelawError('bad-anchor', message, { place: { file: this.#file, line: this.#line() } })
  }
}

/** Without two hyphens inside (XML 1.0 section 2.5). */
const COMMENT = /<!--(?:[^-]|-[^-])*-->/y
const MAX_DEPTH = 3
const MAX_ELEMENTS = 1024
