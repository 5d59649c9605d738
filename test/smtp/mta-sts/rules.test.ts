import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stsAllows } from '../../../src/smtp/mta-sts/policy.ts'
import { readPolicyBody, readPolicyLines, type StsPolicyBody } from '../../../src/smtp/mta-sts/policy-body.ts'
import { readStsRecords } from '../../../src/smtp/mta-sts/record.ts'
import { Name } from '../../../src/wire/name.ts'
import { type VectorOctets, vectorOctets, vectors } from '../vectors.ts'

interface RecordVector {
  readonly txt: readonly (readonly string[])[]
  readonly expect: { readonly id?: string; readonly none?: true; readonly invalid?: string }
}

interface PolicyVector {
  readonly body: VectorOctets
  readonly expect:
    | { readonly mode: string; readonly mx: string[]; readonly maxAge: number }
    | { readonly error: string }
}

interface HostVector {
  readonly mx: readonly string[]
  readonly host: string
  readonly expect: boolean
}

describe('TXT records (RFC 8461 section 3.1)', () => {
  test.each(vectors<RecordVector>('mta-sts/records'))('$name: $what', ({ txt, expect: expected }) => {
    const record = readStsRecords(txt.map((strings) => strings.map((text) => vectorOctets([text]))))
    if (expected.id !== undefined) expect(record).toEqual({ kind: 'id', id: expected.id })
    else if (expected.none) expect(record).toEqual({ kind: 'none' })
    else expect(record).toEqual({ kind: 'invalid', why: expect.stringContaining(expected.invalid!) })
  })
})

describe('policies (RFC 8461 section 3.2)', () => {
  test.each(vectors<PolicyVector>('mta-sts/policies'))('$name: $what', ({ body, expect: expected }) => {
    const policy = readPolicyBody(vectorOctets(body))
    if ('error' in expected) expect(policy).toContain(expected.error)
    else {
      expect(policy).toMatchObject(expected)
      // What is kept of a policy is the policy.
      expect(readPolicyLines((policy as StsPolicyBody).lines)).toEqual(policy)
    }
  })

  test('no line of a policy can be two, or move what shows it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const policy = readPolicyBody(new TextEncoder().encode(`version: STSv1\nmode: none\nmax_age: 1\nx: ${text}`))
        return (
          typeof policy === 'string' ||
          policy.lines.every((line) => !/[\p{Cc}\u2028\u2029]/u.test(line.replaceAll('\t', '')))
        )
      }),
    )
  })

  test('the time for a line does not grow with its square', () => {
    const spaces = `x: a${' '.repeat(60_000)}\u0000`
    expect(readPolicyBody(new TextEncoder().encode(spaces))).toContain('is no field')
    expect(readPolicyBody(new TextEncoder().encode(`mx: ${'a-'.repeat(30_000)}`))).toContain('an mx')
  })
})

describe('hosts (RFC 8461 section 4.1)', () => {
  test.each(vectors<HostVector>('mta-sts/hosts'))('$name: $what', ({ mx, host, expect: expected }) => {
    const policy = { id: '1', mode: 'enforce', mx, maxAge: 1, fetched: 0, lines: [] } as const
    expect(stsAllows(policy, Name.parse(host))).toBe(expected)
  })
})
