/** Mail domains looked at as `danelaw scan --only-dns` does, and the signature checks that this rests on. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkDomain } from '../../src/cli/check-domain.ts'
import { checkJson } from '../../src/cli/check-report.ts'
import type { PublicKey } from '../../src/dnssec/crypto/engine.ts'
import { nativeEngine } from '../../src/dnssec/crypto/native.ts'
import { RRsets } from '../../src/dnssec/rrset.ts'
import { questionOf } from '../../src/dnssec/session.ts'
import { SignedData } from '../../src/dnssec/signed-data.ts'
import { questionKey } from '../../src/dnssec/walk.ts'
import type { Resolver } from '../../src/resolver/resolver.ts'
import { parseMessage } from '../../src/wire/message.ts'
import { Name } from '../../src/wire/name.ts'
import { RRType } from '../../src/wire/codes/rrtype.ts'
import { formatRdata } from '../../src/wire/presentation/rdata.ts'
import { formatRecord } from '../../src/wire/presentation/record.ts'
import { writeDs } from '../../src/wire/rdata/dnssec.ts'
import { type Chain, LEAF, makeChain } from './chain.ts'
import { resolverOf } from './resolver.ts'

/** Domains of one zone, each with a mail host of its own that has an address and a TLSA record. */
export interface Domains {
  readonly chain: Chain
  readonly names: readonly string[]
  /** Answers that were made, for resolvers to come. */
  readonly wires: Map<string, Uint8Array>
}

interface Check {
  readonly key: PublicKey
  readonly signature: Uint8Array
  readonly data: Uint8Array
}

export function makeDomains(count: number): Domains {
  const digest = 'ab'.repeat(32)
  const text = Array.from({ length: count }, (_, i) =>
    [`d${i} MX 10 mx.d${i}`, `mx.d${i} A 192.0.2.${i % 256}`, `_25._tcp.mx.d${i} TLSA 3 1 1 ${digest}`].join('\n'),
  ).join('\n')
  const names = Array.from({ length: count }, (_, i) => `d${i}.${LEAF}`)
  return { chain: makeChain('p256', text), names, wires: new Map() }
}

/** The zones as files in a new folder, and the root's DS record as a file of anchors. */
export function writeFixture({ chain }: Domains, folder: string, anchorFile: string): void {
  mkdirSync(folder)
  for (const [index, records] of chain.records.entries()) {
    writeFileSync(join(folder, `${index}.zone`), `${records.map(formatRecord).join('\n')}\n`)
  }
  const [ds] = chain.anchors.anchors[0]!.ds
  writeFileSync(anchorFile, `. 3600 IN DS ${formatRdata(RRType.DS, writeDs(ds!))}\n`)
}

/** A resolver that knows the keys of the zone, and none of the domains. */
export async function freshResolver({ chain, wires }: Domains): Promise<Resolver> {
  const resolver = resolverOf(chain, wires)
  await resolver.query(LEAF, 'MX')
  return resolver
}

/** The document of one domain. @throws {TypeError} where DANE does not apply to its host. */
export async function lookAt(resolver: Resolver, name: string): Promise<string> {
  const options = { port: undefined, onlyDns: true, connection: {}, signal: NEVER }
  const result = await checkDomain(resolver, name, options)
  if (result.destination.hosts[0]?.level !== 'dane') throw new TypeError(`${name}: no DANE`)
  return JSON.stringify(checkJson(result, null))
}

/** The checks that looking at all of the domains takes, with keys that were used before. */
export async function checksOf(domains: Domains): Promise<Check[]> {
  const checks: Check[] = []
  const engine = nativeEngine() as { importKey: ReturnType<typeof nativeEngine>['importKey'] }
  const { importKey } = engine
  // There is one engine in a process, and resolvers find it themselves.
  engine.importKey = (algorithm, publicKey) => {
    const key = importKey(algorithm, publicKey)
    if (key === undefined) return undefined
    return {
      verify(signature, data) {
        checks.push({ key, signature, data })
        return key.verify(signature, data)
      },
    }
  }
  try {
    const resolver = await freshResolver(domains)
    checks.length = 0
    for (const name of domains.names) await lookAt(resolver, name)
  } finally {
    engine.importKey = importKey
  }
  return checks
}

/**
 * What of a domain nobody can spare beside its checks: its messages parsed, their RRsets found, and what is signed of
 * them put together; nothing is decided, remembered or told. `checks` are those of all domains.
 */
export function leastOf({ names, wires }: Domains, checks: readonly Check[]): (index: number) => void {
  const { key } = checks[0]!
  const messages = names.map((text) => {
    const domain = Name.parse(text)
    const host = domain.prepend('mx')
    const asked: [Name, number][] = [
      [domain, RRType.MX],
      [host, RRType.A],
      [host, RRType.AAAA],
      [host.prepend('_tcp').prepend('_25'), RRType.TLSA],
    ]
    return asked.map(([name, type]) => wires.get(questionKey(questionOf(name, type)))!)
  })
  return (index) => {
    for (const wire of messages[index]!) {
      const { answer, authority } = parseMessage(wire)
      for (const rrset of new RRsets(answer.length > 0 ? answer : authority)) {
        if (rrset.type === RRType.SOA) continue
        const signature = rrset.signatures[0]!
        const data = new SignedData(rrset).for(signature)
        if (!key.verify(signature.rrsig.signature, data)) throw new TypeError('a signature does not hold')
      }
    }
  }
}

const NEVER = new AbortController().signal
