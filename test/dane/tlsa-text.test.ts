import { expect, it } from 'vitest'
import { parseTlsaText } from '../../src/dane/tlsa-text.ts'
import { DanelawError } from '../../src/errors.ts'
import { vectors } from './vectors.ts'

interface Vector {
  readonly text: string
  readonly expect?: {
    readonly usage: number
    readonly selector: number
    readonly matchingType: number
    readonly data: string
  }
  readonly error?: string
}

it.each(vectors<Vector>('tlsa-text'))('%s', (_, vector) => {
  if (vector.error === undefined) {
    const tlsa = parseTlsaText(vector.text)
    expect({ ...tlsa, data: Buffer.from(tlsa.data).toString('hex') }).toEqual(vector.expect)
    return
  }
  const error = thrownBy(() => parseTlsaText(vector.text))
  expect(error).toBeInstanceOf(DanelawError)
  expect(error).toMatchObject({ code: 'bad-tlsa', hint: expect.stringContaining('USAGE SELECTOR MTYPE HEX') })
  expect((error as Error).message).toContain(vector.error)
})

it('data longer than a DNS record', () => {
  expect(() => parseTlsaText(`3 0 0 ${'00'.repeat(65_533)}`)).toThrow('longer than a DNS record')
  expect(parseTlsaText(`3 0 0 ${'00'.repeat(65_532)}`).data).toHaveLength(65_532)
})

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}
