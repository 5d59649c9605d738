/**
 * Other validators written in JavaScript, each asked to validate the MX RRset at the end of a chain from the octets of
 * the same messages. `unchecked` says what a peer leaves out, as seen in its source: it stands beside its figure.
 */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

async function relaycorp({ anchor, leaf, wireOf, now }) {
  const { dnssecLookUp, Question } = await import('@relaycorp/dnssec')
  const question = new Question(leaf, 'MX')
  const options = {
    dateOrPeriod: new Date(1000 * now),
    trustAnchors: [{ ...anchor, digest: Buffer.from(anchor.digest) }],
  }
  const resolver = async ({ name, typeId }) => Buffer.from(wireOf(name, typeId))
  return async () => {
    const { status, reasonChain } = await dnssecLookUp(question, resolver, options)
    if (status !== 'SECURE') throw new TypeError(`@relaycorp/dnssec says ${status}: ${reasonChain}`)
  }
}

/** bns: the steps its recursive resolver makes for each zone, without its sockets. */
function bns({ anchor, leaf, zones, wireOf }) {
  const { Message, Record, DSRecord, types } = require('bns/lib/wire')
  const dnssec = require('bns/lib/dnssec')
  const { DS, DNSKEY, MX } = types
  const root = new Record()
  root.name = '.'
  root.type = DS
  root.data = Object.assign(new DSRecord(), anchor, { digest: Buffer.from(anchor.digest) })
  const read = (name, type) => Message.decode(Buffer.from(wireOf(name, type)))
  const must = (sound, step) => {
    if (!sound) throw new TypeError(`bns says no: ${step}`)
  }
  return () => {
    let ds = [root]
    let keys
    for (const zone of zones) {
      if (keys !== undefined) {
        const message = read(zone, DS)
        must(dnssec.verifyMessage(message, keys), `${zone} DS`)
        ds = message.answer.filter(({ type }) => type === DS)
      }
      const message = read(zone, DNSKEY)
      const entry = dnssec.verifyDS(message, ds, zone)
      must(entry, `${zone} DNSKEY against its DS`)
      must(dnssec.verifyZSK(message, entry, zone), `${zone} DNSKEY`)
      keys = new Map(message.answer.filter(({ type }) => type === DNSKEY).map((rr) => [rr.data.keyTag(), rr]))
    }
    must(dnssec.verifyMessage(read(leaf, MX), keys), `${leaf} MX`)
  }
}

/** @ensdomains/dnsprovejs collects a proof for a contract to check; of TXT records, since MX is beyond its log. */
function dnsprovejs({ anchor, leaf, wireOf }) {
  const { DNSProver } = require('@ensdomains/dnsprovejs')
  // It tells every step on standard output, where results go, and that costs it more than the steps do.
  const { CategoryConfiguration, CategoryServiceFactory, LogLevel } = require('typescript-logging')
  CategoryServiceFactory.setDefaultConfiguration(new CategoryConfiguration(LogLevel.Fatal))
  const packet = require('dns-packet')
  const types = require('dns-packet/types')
  const anchors = [{ name: '.', type: 'DS', class: 'IN', data: { ...anchor, digest: Buffer.from(anchor.digest) } }]
  const ask = async ({ questions }) =>
    packet.decode(Buffer.from(wireOf(questions[0].name, types.toType(questions[0].type))))
  const prover = new DNSProver(ask, undefined, undefined, anchors)
  return async () => {
    const { proofs } = await prover.queryWithProof('TXT', leaf.slice(0, -1))
    if (proofs.length === 0) throw new TypeError('dnsprovejs found no proof')
  }
}

/** What each leaves out, as its source has it. */
export const PEERS = [
  {
    name: '@relaycorp/dnssec',
    make: relaycorp,
    unchecked: 'no NSEC, NSEC3 or wildcards; any rcode but NOERROR for a DS makes the zone insecure; names are strings',
  },
  {
    name: 'bns',
    make: bns,
    unchecked: 'no NSEC; a wildcard needs no proof; two keys of one tag are one; no limit on work',
  },
  {
    name: '@ensdomains/dnsprovejs',
    make: dnsprovejs,
    unchecked: 'no signature and no date: it collects a proof for others, and its own verifiers return true',
  },
]

/** Whether a peer is there and can be loaded. */
export async function isInstalled({ name }) {
  try {
    await import(name)
    return true
  } catch {
    return false
  }
}
