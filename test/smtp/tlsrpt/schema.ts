import { readFileSync } from 'node:fs'

/** As much of JSON Schema as the schema of reports uses. */
interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer'
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: false
  readonly items?: Schema
  readonly minItems?: number
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minLength?: number
  readonly minimum?: number
}

/** What is wrong with a report by the schema of RFC 8460, each with its place. */
export function faults(report: unknown): string[] {
  return [...check(report, SCHEMA, 'report')]
}

function* check(value: unknown, schema: Schema, at: string): Generator<string> {
  if (schema.type !== undefined && typeOf(value) !== schema.type) {
    yield `${at}: no ${schema.type}`
    return
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) yield `${at}: not one of the values`
  if (typeof value === 'string') {
    if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) yield `${at}: not ${schema.pattern}`
    if (value.length < (schema.minLength ?? 0)) yield `${at}: too short`
  }
  if (typeof value === 'number' && value < (schema.minimum ?? value)) yield `${at}: too small`
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) yield `${at}: too few`
    if (schema.items !== undefined)
      for (const [i, item] of value.entries()) yield* check(item, schema.items, `${at}[${i}]`)
  } else if (typeof value === 'object' && value !== null) {
    for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) yield `${at}: no ${name}`
    for (const [name, item] of Object.entries(value)) {
      const below = schema.properties?.[name]
      if (below !== undefined) yield* check(item, below, `${at}.${name}`)
      else if (schema.additionalProperties === false) yield `${at}: ${name} is unknown`
    }
  }
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return Number.isInteger(value) ? 'integer' : typeof value
}

const SCHEMA: Schema = JSON.parse(readFileSync(new URL('../../vectors/tlsrpt/schema.json', import.meta.url), 'utf8'))
