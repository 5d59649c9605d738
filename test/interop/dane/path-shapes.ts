/** Chains whose certificates are odd in how they hang together. */
import { AT, authority, DAY, server, type Shape, shape, three } from './builders.ts'
import { extensions as ext, keyIdentifier, name, newKey } from './x509.ts'

export function chainShapes(): Shape[] {
  const root = authority('Root')
  const intermediate = authority('Intermediate', root)
  const third = authority('Third', intermediate)
  const leaf = server(intermediate)
  const alone = server()
  const aloneAuthority = server(undefined, { basic: ext.basicConstraints(true), usage: ext.keyUsage(0, 5) })
  const stranger = authority('Stranger')
  const strangersLeaf = server(stranger)
  const under = server(leaf)
  const short = server(root)
  const long = [root]
  while (long.length < 11) long.unshift(authority(`Level ${long.length}`, long[0]))
  const eight = long.slice(-8)
  return [
    shape('self-signed', [alone]),
    shape('self-signed, sent twice', [alone, alone]),
    shape('self-signed authority', [aloneAuthority]),
    shape('self-signed without extensions', [server(undefined, { bare: true })]),
    shape('two levels', [short, root]),
    shape('two levels, root not sent', [short], [root]),
    shape('three levels', [leaf, intermediate, root]),
    shape('three levels, root not sent', [leaf, intermediate], [root]),
    shape('three levels, intermediate not sent', [leaf, root], [intermediate], [root]),
    shape('three levels, only the leaf sent', [leaf], [intermediate, root]),
    shape('four levels', [server(third), third, intermediate, root]),
    shape('eight authorities', [server(eight[0]), ...eight]),
    shape('eleven authorities', [server(long[0]), ...long]),
    shape('root before intermediate', [leaf, root, intermediate], [], [root]),
    shape('root first', [root, intermediate, leaf], [], [root]),
    shape('intermediate first', [intermediate, root], [leaf], [root]),
    shape('a stranger between', [leaf, stranger, intermediate, root], [], [root]),
    shape('a stranger at the end', [leaf, intermediate, root, stranger], [], [root]),
    shape("another server's leaf behind", [leaf, strangersLeaf, intermediate, root], [stranger], [root]),
    shape('each twice', [leaf, leaf, intermediate, intermediate, root, root]),
    shape('root twice, intermediate between', [leaf, root, intermediate, root]),
    shape('a chain of strangers', [strangersLeaf, intermediate, root], [stranger]),
    shape('a leaf as issuer', [under, leaf, intermediate, root]),
    shape('root among the authorities only', [leaf, intermediate], [stranger, root]),
    shape('intermediate as an authority', [leaf, intermediate], [root], [intermediate]),
    shape('leaf as an authority', [leaf, intermediate], [root], [leaf]),
    shape('no authority fits', [leaf, intermediate, root], [stranger], [stranger]),
  ]
}

export function crossShapes(): Shape[] {
  const root = authority('Root')
  const old = authority('Old Root')
  const key = newKey.p256()
  const intermediate = authority('Intermediate', root, { key })
  const cross = authority('Intermediate', old, { key })
  const expired = authority('Intermediate', old, { key, notBefore: AT - 9 * DAY, notAfter: AT - DAY })
  const otherKey = authority('Intermediate', root)
  const leaf = server(intermediate)
  const crossedRoot = authority('Root', old, { key: root.key })
  const renewedRoot = authority('Root', undefined, { key: root.key, notAfter: AT + 900 * DAY })
  const expiredRoot = authority('Root', undefined, { key: root.key, notBefore: AT - 9 * DAY, notAfter: AT - DAY })
  const forgedRoot = authority('Root')
  const forgedIntermediate = authority('Intermediate', forgedRoot)
  const forgedLeaf = server(forgedIntermediate)
  const [firstKey, secondKey] = [newKey.p256(), newKey.p256()]
  const first = authority('First', undefined, { key: firstKey })
  const second = authority('Second', first, { key: secondKey })
  const firstBySecond = authority('First', second, { key: firstKey })
  return [
    shape('cross-signed, both ways sent', [leaf, intermediate, root, cross, old], [], [root]),
    shape('cross-signed, the other way first', [leaf, cross, old, intermediate, root], [], [root]),
    shape('cross-signed, the way to the root last', [leaf, cross, intermediate], [root, old], [root]),
    shape('cross-signed, the way to the old root last', [leaf, intermediate, cross], [root, old], [old]),
    shape('cross-certificate expired, sent first', [leaf, expired, intermediate, root], [old], [root]),
    shape('cross-certificate expired, sent last', [leaf, intermediate, root, expired], [old], [root]),
    shape('another key under the same name first', [leaf, otherKey, intermediate, root]),
    shape('another key under the same name only', [leaf, otherKey, root]),
    shape('root and its cross-certificate', [leaf, intermediate, crossedRoot, root], [old], [root]),
    shape('root, then its cross-certificate', [leaf, intermediate, root, crossedRoot], [old], [old]),
    shape('cross-certificate of the root, old root sent', [leaf, intermediate, crossedRoot, old], [root], [old]),
    shape('cross-certificate of the root, old root not sent', [leaf, intermediate, crossedRoot], [root, old], [old]),
    shape('root and its renewal', [leaf, intermediate, root, renewedRoot]),
    shape('expired root, then its renewal', [leaf, intermediate, expiredRoot, root]),
    shape('renewal, then the expired root', [leaf, intermediate, root, expiredRoot], [], [root]),
    shape('anchor stapled to a leaf it did not sign', [forgedLeaf, forgedIntermediate, root], [forgedRoot], [root]),
    shape('anchor stapled, all names right', [forgedLeaf, intermediate, root], [forgedIntermediate], [root]),
    shape('anchor stapled directly', [server(forgedRoot), root], [forgedRoot], [root]),
    shape('a circle', [server(second), second, firstBySecond], [first], [first]),
    shape('a circle and its root', [server(second), second, firstBySecond, first]),
  ]
}

export function identifierShapes(): Shape[] {
  const other = keyIdentifier(newKey.p256())
  const root = authority('Root')
  const intermediate = authority('Intermediate', root)
  const withLeaf = (what: string, authorityKey: Buffer | null) =>
    shape(what, [server(intermediate, { authorityKey }), intermediate, root])
  const key = newKey.p256()
  const noSubjectKey = authority('Intermediate', root, { key, subjectKey: null })
  const otherSubjectKey = authority('Intermediate', root, { key, subjectKey: ext.subjectKey(other) })
  const rightSubjectKey = authority('Intermediate', root, { key })
  const leaf = server(rightSubjectKey)
  return [
    withLeaf('no authority key identifier', null),
    withLeaf('authority key identifier of another key', ext.authorityKey(other)),
    withLeaf('authority serial number', ext.authoritySerial(root.subject, intermediate.serial)),
    withLeaf('authority serial number of another certificate', ext.authoritySerial(root.subject, 77)),
    withLeaf('authority serial number under another issuer', ext.authoritySerial(name('Else'), intermediate.serial)),
    shape('no subject key identifier', [leaf, noSubjectKey, root]),
    shape('subject key identifier of another key', [leaf, otherSubjectKey, root]),
    shape('wrong subject key identifier first', [leaf, otherSubjectKey, rightSubjectKey, root]),
    three('root without key identifiers', { root: { subjectKey: null, authorityKey: null } }),
    three('no key identifiers at all', {
      root: { subjectKey: null, authorityKey: null },
      intermediate: { subjectKey: null, authorityKey: null },
      leaf: { subjectKey: null, authorityKey: null },
    }),
    three('root with the authority key identifier of another key', { root: { authorityKey: ext.authorityKey(other) } }),
  ]
}

export function basicShapes(): Shape[] {
  const v1Root = authority('Root', undefined, { version: 0, bare: true })
  const v1RootUnder = authority('Root', authority('Above'), { version: 0, bare: true })
  const limited = authority('Limited', undefined, { basic: ext.basicConstraints(true, 0) })
  const under = authority('Under', limited)
  const one = authority('One', undefined, { basic: ext.basicConstraints(true, 1) })
  const [oneA] = [authority('A', one)]
  const oneB = authority('B', oneA)
  const selfIssued = authority('Limited', limited, { basic: ext.basicConstraints(true, 0) })
  const inner = authority('Inner', authority('Root'), { basic: ext.basicConstraints(true, 0) })
  const innermost = authority('Innermost', inner)
  return [
    shape('version 1 root', [server(v1Root), v1Root]),
    shape('version 1 root, not sent', [server(v1Root)], [v1Root]),
    shape('version 1 root, not self-signed', [server(v1RootUnder), v1RootUnder]),
    three('version 1 intermediate', { intermediate: { version: 0, bare: true } }),
    three('version 1 leaf', { leaf: { version: 0, bare: true } }),
    shape('version 1 self-signed leaf', [server(undefined, { version: 0, bare: true })]),
    three('version 3 root without extensions', { root: { bare: true } }),
    three('version 3 root without basicConstraints', { root: { basic: null } }),
    three('root without basicConstraints and keyUsage', { root: { basic: null, usage: null } }),
    three('version 3 intermediate without basicConstraints', { intermediate: { basic: null } }),
    three('version 3 intermediate without extensions', { intermediate: { bare: true } }),
    three('basicConstraints not critical', { intermediate: { basic: ext.basicConstraints(true, undefined, false) } }),
    three('intermediate that is no authority', { intermediate: { basic: ext.basicConstraints(false) } }),
    three('root that is no authority', { root: { basic: ext.basicConstraints(false) } }),
    three('leaf that is an authority', { leaf: { basic: ext.basicConstraints(true) } }),
    three('leaf without basicConstraints', { leaf: { basic: null } }),
    three('path length in a leaf', { leaf: { basic: ext.basicConstraints(false, 0) } }),
    three('path length in what is no authority', { intermediate: { basic: ext.basicConstraints(false, 0) } }),
    shape('path length kept', [server(limited), limited]),
    shape('path length exceeded', [server(under), under, limited]),
    shape('path length exceeded, anchor not sent', [server(under), under], [limited]),
    shape('path length of one, kept', [server(oneA), oneA, one]),
    shape('path length of one, exceeded', [server(oneB), oneB, oneA, one]),
    shape('path length with a self-issued authority', [server(selfIssued), selfIssued, limited]),
    shape('path length of an intermediate exceeded', [server(innermost), innermost, inner], []),
    three('path length of 300', { root: { basic: ext.basicConstraints(true, 300) } }),
  ]
}
