/** How near a record came that does not match, so that the right one can be published or the chain be mended. */
import { DanelawError } from '../errors.ts'
import type { Tlsa } from '../wire/rdata/tlsa.ts'
import type { Presented } from './match.ts'
import { recordMatches } from './path/candidate.ts'
import { commonNames } from './path/distinguished-name.ts'
import type { Chain } from './path/trust-anchors.ts'

/** For a record of the leaf, with the value that would match. */
export function leafMiss(leaf: Presented, above: readonly Presented[], tlsa: Tlsa): string {
  const found = above.findIndex((presented) => recordMatches({ presented }, tlsa))
  if (found >= 0) {
    return `matches certificate ${found + 1}, which is not the leaf: was usage ${issuerUsage(tlsa)} meant?`
  }
  if (recordMatches({ presented: leaf }, otherSelector(tlsa))) {
    return `is of the leaf's ${selected(otherSelector(tlsa))}: was selector ${1 - tlsa.selector} meant?`
  }
  try {
    const type = tlsa.matchingType === 2 ? 2 : 1
    const digest = Buffer.from(leaf.associationData(tlsa.selector, type)).toString('hex')
    return `does not match the leaf's ${selected(tlsa)}, whose ${type === 2 ? 'SHA2-512' : 'SHA2-256'} is ${digest}`
  } catch (error) {
    if (!(error instanceof DanelawError)) throw error
    return `the leaf's public key cannot be found: ${error.message}`
  }
}

/** For a record of an issuer. `failure` is that of the path search. */
export function issuerMiss({ leaf, sent, unreadable }: Chain, tlsa: Tlsa, failure: string): string {
  if (recordMatches(leaf, tlsa)) {
    const [taken, given] = tlsa.usage === 0 ? [1, 'PKIX-TA(0)'] : [3, 'DANE-TA(2)']
    return `matches the leaf, which takes usage ${taken}: ${given} stands for an issuer`
  }
  const found = sent.find((candidate) => recordMatches(candidate, tlsa))
  if (found !== undefined) return `matches ${found.label}, which is of no use: ${failure}`
  const broken = unreadable.find((candidate) => recordMatches(candidate, tlsa))
  if (broken !== undefined) return `matches ${broken.label}, which ${broken.problem}`
  const other = sent.find((candidate) => recordMatches(candidate, otherSelector(tlsa)))
  if (other !== undefined) {
    return `is of the ${selected(otherSelector(tlsa))} of ${other.label}: was selector ${1 - tlsa.selector} meant?`
  }
  if (tlsa.usage === 0 || tlsa.matchingType === 0) return `leads nowhere: ${failure}`
  const none = 'matches no certificate that the server sent above its own'
  const top = sent.at(-1) ?? leaf
  if (top.selfIssued) return none
  const [issuer] = commonNames(top.certificate.issuer)
  const named = issuer === undefined ? 'its issuer' : `CN=${issuer.replace(/[^ -~]/gu, '?').slice(0, 64)}`
  return `${none}; if the trust anchor is ${named}, which is not sent, add it to the chain or publish it as 2 0 0`
}

/** What a record with a usage nobody counts would be as one that counts; empty where it would not match. */
export function unusableMiss(leaf: Presented, tlsa: Tlsa): string {
  if (tlsa.usage !== 1 || tlsa.selector > 1 || tlsa.matchingType > 2) return ''
  if (!recordMatches({ presented: leaf }, tlsa)) return ''
  return `; it matches the leaf, so that 3 ${tlsa.selector} ${tlsa.matchingType} with the same data would count`
}

function otherSelector(tlsa: Tlsa): Tlsa {
  return { ...tlsa, selector: 1 - tlsa.selector }
}

function selected({ selector }: Tlsa): string {
  return selector === 0 ? 'certificate' : 'public key'
}

function issuerUsage({ usage }: Tlsa): number {
  return usage === 1 ? 0 : 2
}
