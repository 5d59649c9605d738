import { describe, expect, test } from 'vitest'
import { formatMasterFile, type MasterFileOptions, Name, parseMasterFile } from '../../src/wire/index.ts'
import { thrown, vectors } from './vectors.ts'

describe('master files, one case a file', () => {
  for (const { file, head, body } of vectors('master-file')) {
    test(file, () => {
      const origin = head.get('origin')
      const ttl = head.get('ttl')
      const options: MasterFileOptions = {
        file: 'x.zone',
        ...(origin === undefined ? {} : { origin: Name.parse(origin) }),
        ...(ttl === undefined ? {} : { defaultTtl: Number(ttl) }),
      }
      const error = head.get('error')
      if (error !== undefined) {
        const failure = thrown(() => parseMasterFile(body, options))
        expect(failure).toMatchObject({ code: 'bad-record', message: expect.stringContaining(error) })
        if (head.has('hint')) expect(failure).toMatchObject({ hint: expect.stringContaining(head.get('hint')!) })
        return
      }
      const [input, output] = body.split('\n=====\n') as [string, string]
      const records = parseMasterFile(input, options)
      expect(formatMasterFile(records).trimEnd()).toBe(output.trimEnd())
      expect(parseMasterFile(formatMasterFile(records))).toEqual(records)
    })
  }
})
