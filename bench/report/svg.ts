import { escapeText } from './text.ts'

/** A picture with what it shows in words. */
export interface Picture {
  readonly title: string
  /** For those who do not see it. */
  readonly description: string
  readonly height: number
  /** SVG elements, their text escaped. */
  readonly body: readonly string[]
}

/** All pictures are as wide, so that letters come out equal and can be read on a small screen. */
export const WIDTH = 440

let count = 0

/** A whole `svg` element. Colours are those of the page, by classes. */
export function svg({ title, description, height, body }: Picture): string {
  const id = `p${++count}`
  return [
    `<svg viewBox="0 0 ${WIDTH} ${round(height)}" role="img" aria-labelledby="${id}t ${id}d">`,
    `<title id="${id}t">${escapeText(title)}</title><desc id="${id}d">${escapeText(description)}</desc>`,
    ...body,
    '</svg>',
  ].join('\n')
}

export interface TextOptions {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly className?: string
}

export function text(x: number, y: number, content: string, { anchor = 'start', className }: TextOptions = {}): string {
  const named = className === undefined ? '' : ` class="${className}"`
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${named}>${escapeText(content)}</text>`
}

export function rect(x: number, y: number, width: number, height: number, className: string): string {
  const size = `width="${round(Math.max(0, width))}" height="${round(height)}"`
  return `<rect x="${round(x)}" y="${round(y)}" ${size} class="${className}"/>`
}

export function segment(x1: number, y1: number, x2: number, y2: number, className: string): string {
  const [from, to] = [`x1="${round(x1)}" y1="${round(y1)}"`, `x2="${round(x2)}" y2="${round(y2)}"`]
  return `<line ${from} ${to} class="${className}"/>`
}

/** One of four shapes, so that lines are told apart without colours as well. */
export function mark(x: number, y: number, series: number): string {
  const at = (points: readonly (readonly [number, number])[]): string =>
    points.map(([dx, dy]) => `${round(x + dx)},${round(y + dy)}`).join(' ')
  const className = `fill s${series % COLOURS}`
  switch (series % 4) {
    case 0:
      return `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" class="${className}"/>`
    case 1:
      return rect(x - 3, y - 3, 6, 6, className)
    case 2:
      return `<polygon points="${at(TRIANGLE)}" class="${className}"/>`
    default:
      return `<polygon points="${at(DIAMOND)}" class="${className}"/>`
  }
}

/** How the line of a series looks: colours come again after some, then dashed. */
export function strokeOf(series: number): string {
  return `line s${series % COLOURS}${series >= COLOURS ? ' dashed' : ''}`
}

/** Cut to what fits, in letters of the size all have. */
export function fitted(content: string, width: number): string {
  const room = Math.floor(width / LETTER)
  return content.length <= room ? content : `${content.slice(0, Math.max(1, room - 1))}…`
}

/** Two decimals are less than a pixel. */
function round(value: number): number {
  return Math.round(100 * value) / 100
}

/** Colours there are, as `s0` and so on. */
export const COLOURS = 5
/** Width of a letter on the average, with something to spare. */
const LETTER = 6.6
const TRIANGLE = [
  [0, -4],
  [4, 3],
  [-4, 3],
] as const
const DIAMOND = [
  [0, -4.5],
  [4.5, 0],
  [0, 4.5],
  [-4.5, 0],
] as const
