/** What is asked of danelaw's speed, and which cases answer. */
export interface Chapter {
  readonly title: string
  readonly cases: readonly string[]
  readonly about: string
}

export const CHAPTERS: readonly Chapter[] = [
  {
    title: '1. Algorithms',
    cases: ['import', 'verify'],
    about:
      'From the Public Key field of a DNSKEY to a key, and one signature check with it, by the native engine and the one in pure JavaScript; signing as well, since who signs and who checks share the cost unevenly. openssl speed is a process of its own in the same run: what it counts is CPU time, and it hashes less.',
  },
  {
    title: '2. Parsing and canonical form',
    cases: ['parse', 'canonical'],
    about: 'From octets to a message, strictly, and from an RRset to the octets that its signature covers.',
  },
  {
    title: '3. A cold chain, offline',
    cases: ['chain', 'depth', 'answers'],
    about:
      'A validation from the octets of all messages, with nothing known. The floor is what nobody can spare: the same messages parsed, the same keys imported, the same signatures verified with them. Parts: verify is that of keys just imported, hash the digests for DS and the hashes of NSEC3, rest what the validator adds.',
  },
  {
    title: '4. A warm lookup',
    cases: ['warm', 'zone'],
    about: 'From the cache, and a new name in a zone whose keys are known beside one bare signature check.',
  },
  {
    title: '5. A check by latency',
    cases: ['check'],
    about:
      "danelaw check of a domain two zones below the root, over UDP to a recursive server of the same process that takes its time. Round trips are the slope of time by latency; with STARTTLS, the mail server takes none. The server's own work is in all times.",
  },
  {
    title: '6. Many domains',
    cases: ['scan', 'scan-cores', 'scan-process', 'domains'],
    about: 'danelaw scan beside the signature checks that it rests on.',
  },
  {
    title: '7. Attacks',
    cases: ['attacks'],
    about:
      'KeyTrap in its forms and deep names under NSEC3 as they grow, validated from the octets. Size is the number of signatures, keys, DS, types or labels. An exponent of 1 is what the attacker pays as well, who has to send as much more.',
  },
  {
    title: '8. Memory',
    cases: ['memory'],
    about: 'What a name in the cache takes, and how much memory a process holds at the most while it looks names up.',
  },
  {
    title: '9. Growth',
    cases: ['growth'],
    about: 'A lookup by the names that are cached, the zones that are known, and the lookups at the same time.',
  },
  {
    title: 'Verdicts on TLS servers',
    cases: ['dane'],
    about:
      'What DANE adds to a TLS handshake, by the leaf (3 1 1, 3 0 1) and by a path of three (2 0 1), beside the handshake and the signatures.',
  },
  {
    title: 'Beside others',
    cases: ['peers-js', 'peers-unbound', 'peers-process'],
    about: 'The same work by other validators in the same run. What each leaves out stands in the table.',
  },
]
