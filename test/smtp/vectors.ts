import { readdirSync, readFileSync } from 'node:fs'

/** Octets in a vector: characters up to U+00FF, and runs of them. */
export type VectorOctets = readonly (string | { readonly repeat: string; readonly times: number })[]

/** All vectors of one folder, each with its file name as `name`. */
export function vectors<T>(area: string): (T & { readonly name: string; readonly what: string })[] {
  const folder = new URL(`../vectors/smtp/${area}/`, import.meta.url)
  return readdirSync(folder)
    .sort()
    .map((file) => ({ name: file.replace('.json', ''), ...JSON.parse(readFileSync(new URL(file, folder), 'utf8')) }))
}

export function vectorOctets(parts: VectorOctets): Uint8Array {
  const text = parts.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times))).join('')
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Octets for the eye: one character an octet. */
export function latin1(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1')
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
