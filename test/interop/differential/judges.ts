/** What other validators say, in the words of this one. */
import { execFile } from 'node:child_process'
import type { Status } from '../../../src/dnssec/status.ts'
import { Rcode } from '../../../src/wire/codes/rcode.ts'
import { rrTypeName } from '../../../src/wire/codes/rrtype.ts'
import type { Question } from '../../../src/wire/record.ts'
import { type DnsClient, dnssecQuery } from '../peers/dns-client.ts'
import { program } from '../peers/program.ts'

export interface Verdict {
  readonly status: Status
  /** Undefined where the judge does not say. */
  readonly rcode: number | undefined
  readonly said: string
  /** Those of the last name, where they are to be compared; in the form of `Expected.records`. */
  readonly records?: readonly string[] | undefined
}

/** A validating resolver says it by AD and SERVFAIL (RFC 4035 section 3.2.3). */
export async function askResolver(client: DnsClient, question: Question): Promise<Verdict> {
  const octets = await client.ask(dnssecQuery(question, false))
  const rcode = octets[3]! & 0xf
  const authentic = (octets[3]! & 0x20) !== 0
  const said = `rcode ${rcode}${authentic ? ', AD' : ''}`
  if (rcode === Rcode.SERVFAIL) return { status: 'bogus', rcode, said }
  return { status: authentic ? 'secure' : 'insecure', rcode, said }
}

export interface Delv {
  /** Port on 127.0.0.1 of the resolver that it asks. */
  readonly port: number
  /** File with its `trust-anchors`. */
  readonly anchors: string
}

export function askDelv({ port, anchors }: Delv, question: Question): Promise<Verdict> {
  const name = question.name.toString()
  const type = rrTypeName(question.type)
  const args = ['@127.0.0.1', '-p', String(port), '-a', anchors, '+root=.', '+cd', '-q', name, '-t', type]
  return new Promise((resolve) => {
    execFile(program('delv'), args, { timeout: 60_000 }, (_, stdout, stderr) => resolve(readDelv(stdout + stderr)))
  })
}

function readDelv(output: string): Verdict {
  const lines = output.split('\n')
  // What is absent has failed to resolve too, in its words.
  const absent = /^;; resolution failed: ncache (nxdomain|nxrrset)/m.exec(output)?.[1]
  const rcode = absent === undefined ? undefined : absent === 'nxdomain' ? Rcode.NXDOMAIN : Rcode.NOERROR
  const failed = lines.find((line) => line.startsWith(';; resolution failed'))
  if (failed !== undefined && absent === undefined) return { status: 'bogus', rcode, said: failed }
  // A chain of aliases has one line for each step; the weakest counts.
  const judged = lines.filter((line) => /^; .*(fully validated|unsigned answer)/.test(line))
  const weakest = judged.find((line) => line.includes('unsigned answer')) ?? judged[0]
  if (weakest === undefined) return { status: 'indeterminate', rcode, said: output.trim() }
  return { status: weakest.includes('unsigned answer') ? 'insecure' : 'secure', rcode, said: weakest }
}
