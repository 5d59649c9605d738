/** The examples of RFC 4035 appendix B and RFC 5155 appendix B, asked of the zones in the appendices A. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import type { ValidatedAnswer } from '../../src/dnssec/status.ts'
import { TrustAnchors } from '../../src/dnssec/trust-anchors.ts'
import { validate } from '../../src/dnssec/validate.ts'
import { runSynchronously } from '../../src/dnssec/walk.ts'
import { Budget } from '../../src/limits.ts'
import { ZoneSet } from '../../src/resolver/fixture/zone-set.ts'
import { rcodeName } from '../../src/wire/codes/rcode.ts'
import { parseMasterFile, parseRecord } from '../../src/wire/master-file/parse.ts'
import { readDnskey } from '../../src/wire/rdata/dnssec.ts'
import { questionFrom } from './scenario/parse.ts'

describe('RFC 4035 appendix B', () => {
  const ask = zone('rfc4035-example.zone')

  it.each([
    ['B.1, an answer', 'x.w.example. MX', 'secure', 'NOERROR', 1],
    ['B.2, a name error', 'ml.example. A', 'secure', 'NXDOMAIN', 0],
    ['B.3, no data', 'ns1.example. MX', 'secure', 'NOERROR', 0],
    ['B.4, the DS of a signed zone', 'a.example. DS', 'secure', 'NOERROR', 1],
    ['B.5, no DS of an unsigned zone', 'b.example. DS', 'secure', 'NOERROR', 0],
    ['B.6, a wildcard answer', 'a.z.w.example. MX', 'secure', 'NOERROR', 1],
    ['B.7, wildcard no data', 'a.z.w.example. AAAA', 'secure', 'NOERROR', 0],
    ['B.8, the DS of the zone itself, asked of it', 'example. DS', 'insecure', 'NOERROR', 0],
  ])('%s', (_, question, status, rcode, records) => {
    expect(outcome(ask(question))).toEqual({ status, rcode, records })
  })
})

describe('RFC 5155 appendix B, where all records have the Opt-Out flag', () => {
  const ask = zone('rfc5155-example.zone')

  it.each([
    ['B.1, a name error', 'a.c.x.w.example. A', 'insecure', 'NXDOMAIN', 0],
    ['B.2, no data', 'ns1.example. MX', 'secure', 'NOERROR', 0],
    ['B.2.1, an empty non-terminal', 'y.w.example. A', 'secure', 'NOERROR', 0],
    ['B.3, an unsigned zone in a span with opt-out', 'c.example. DS', 'insecure', 'NOERROR', 0],
    ['B.4, a wildcard answer', 'a.z.w.example. MX', 'insecure', 'NOERROR', 1],
    ['B.5, wildcard no data', 'a.z.w.example. AAAA', 'insecure', 'NOERROR', 0],
    ['B.6, the DS of the zone itself, asked of it', 'example. DS', 'insecure', 'NOERROR', 0],
  ])('%s', (_, question, status, rcode, records) => {
    expect(outcome(ask(question))).toEqual({ status, rcode, records })
  })
})

/** A zone file of test/vectors/zones, whose first comments say when it is valid and from which key. */
function zone(file: string): (question: string) => ValidatedAnswer {
  const text = readFileSync(join(import.meta.dirname, '../vectors/zones', file), 'utf8')
  const set = new ZoneSet([parseMasterFile(text, { file })])
  const comment = (key: string): string => new RegExp(`^; ${key}: (.*)$`, 'm').exec(text)![1]!
  const anchor = parseRecord(comment('trust-anchor'), { defaultTtl: 0 })
  const dnskeys = [{ ...readDnskey(anchor.rdata), rdata: anchor.rdata }]
  const [, year, month, day] = /^(....)(..)(..)/.exec(comment('validate-at'))!.map(Number)
  return (question) =>
    runSynchronously(
      validate(questionFrom(question), {
        now: Date.UTC(year!, month! - 1, day) / 1000,
        anchors: new TrustAnchors([{ zone: anchor.name, ds: [], dnskeys }]),
        engine: nativeEngine(),
        budget: new Budget(),
        memory: undefined,
        acceptSha1: true,
        peek: () => undefined,
      }),
      (asked) => ({ kind: 'message', message: set.answer(asked), upstream: file }),
    )
}

function outcome(answer: ValidatedAnswer): unknown {
  return {
    status: answer.status,
    rcode: rcodeName(answer.rcode),
    records: 'records' in answer ? answer.records.length : undefined,
  }
}
