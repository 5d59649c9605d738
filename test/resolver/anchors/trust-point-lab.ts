/** A zone whose keys roll: what it publishes at a time, and a resolver that follows it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TrustAnchors } from '../../../src/dnssec/trust-anchors.ts'
import type { UpstreamAnswer } from '../../../src/dnssec/walk.ts'
import type { TrustPointRefresh } from '../../../src/resolver/anchors/keeper.ts'
import { ZoneSet } from '../../../src/resolver/fixture/zone-set.ts'
import { Resolver } from '../../../src/resolver/resolver.ts'
import type { ResolverOptions } from '../../../src/resolver/settings.ts'
import { parseMasterFile } from '../../../src/wire/master-file/parse.ts'
import type { Message } from '../../../src/wire/message.ts'
import { Name } from '../../../src/wire/name.ts'
import { keyTag, readDs } from '../../../src/wire/rdata/dnssec.ts'
import type { Question, ResourceRecord } from '../../../src/wire/record.ts'
import { dsFor, makeKey, revoked, type SigningKey } from '../../lab/signer/key.ts'
import { signZone } from '../../lab/signer/sign-zone.ts'

export const DAY = 86_400
export const START = 1_700_000_000

/** A key as it is published: signing the DNSKEY RRset, only standing there, or revoked (and signing). */
export interface Publication {
  readonly key: SigningKey
  readonly as: 'signing' | 'standby' | 'revoked' | 'revoked-unsigned'
}

export class TrustPointLab implements Disposable {
  readonly zone: Name
  readonly zsk = makeKey({ role: 'zsk' })
  readonly folder = mkdtempSync(join(tmpdir(), 'danelaw-5011-'))
  readonly state = join(this.folder, 'state.json')
  now = START
  keyTtl = 172_800
  /** Days a signature is valid. */
  validity = 21
  published: readonly Publication[] = []
  /** Instead of what the zone publishes: an attacker on the path, or null for silence. */
  onPath: (() => readonly Publication[] | null) | undefined
  #made: { published: readonly Publication[]; now: number; keyTtl: number; zone: ZoneSet } | undefined

  constructor(zone = '.') {
    this.zone = Name.parse(zone)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  anchors(...keys: readonly SigningKey[]): TrustAnchors {
    const ds = this.anchorRecords(...keys).map(({ rdata }) => readDs(rdata))
    return new TrustAnchors([{ zone: this.zone, ds, dnskeys: [] }])
  }

  /** The same as records. */
  anchorRecords(...keys: readonly SigningKey[]): ResourceRecord[] {
    return keys.map((key) => dsFor(key, this.zone))
  }

  /** What the zone, or whoever is on the path, answers now. */
  message(question: Question): Message {
    const answer = this.#answer(question)
    if (answer.kind !== 'message') throw new Error(answer.detail)
    return answer.message
  }

  resolver(trustAnchors: TrustAnchors, options: ResolverOptions = {}): Resolver {
    return new Resolver({
      trustAnchors,
      trustAnchorState: this.state,
      now: () => this.now,
      fixture: { description: 'the zone', answer: (question) => this.#answer(question) },
      ...options,
    })
  }

  /** A fresh process each time: all that is known comes from the file. */
  async refresh(trustAnchors: TrustAnchors, force = false): Promise<TrustPointRefresh> {
    await using resolver = this.resolver(trustAnchors)
    const [result] = await resolver.refreshTrustAnchors({ force })
    return result!
  }

  /** The states of keys by their tags, as the file has them now. */
  async states(trustAnchors: TrustAnchors): Promise<Record<number, string>> {
    await using resolver = this.resolver(trustAnchors)
    const [point] = resolver.trustPoints
    return Object.fromEntries(point!.keys.map(({ material, state }) => [tagOf(material), state]))
  }

  async status(trustAnchors: TrustAnchors): Promise<string> {
    await using resolver = this.resolver(trustAnchors)
    return (await resolver.query('www.example')).status
  }

  #answer(question: Question): UpstreamAnswer {
    const published = this.onPath === undefined ? this.published : this.onPath()
    if (published !== null) return { kind: 'message', message: this.#zone(published).answer(question), upstream: 'lab' }
    return { kind: 'failure', cause: 'timeout', detail: 'silence', upstream: 'lab' }
  }

  #zone(published: readonly Publication[]): ZoneSet {
    const made = this.#made
    if (made?.published === published && made.now === this.now && made.keyTtl === this.keyTtl) return made.zone
    const zone = new ZoneSet([this.#sign(published)])
    this.#made = { published, now: this.now, keyTtl: this.keyTtl, zone }
    return zone
  }

  #sign(published: readonly Publication[]): ResourceRecord[] {
    const keys = published.map(({ key, as }): SigningKey => {
      if (as === 'revoked') return revoked(key)
      if (as === 'revoked-unsigned') return { ...revoked(key), role: 'standby' }
      return { ...key, role: as === 'signing' ? 'ksk' : 'standby' }
    })
    const records = parseMasterFile('@ SOA ns hostmaster 1 7200 3600 1209600 300\n@ NS ns\nwww.example A 192.0.2.1\n', {
      file: 'zone',
      origin: this.zone,
      defaultTtl: 3600,
    })
    return signZone({
      apex: this.zone,
      records,
      keys: [...keys, this.zsk],
      denial: { kind: 'nsec' },
      keyTtl: this.keyTtl,
      inception: this.now - DAY,
      expiration: this.now + this.validity * DAY,
    })
  }
}

function tagOf(material: { dnskey: Uint8Array } | { ds: { keyTag: number } }): number {
  if ('ds' in material) return material.ds.keyTag
  return keyTag(material.dnskey)
}
