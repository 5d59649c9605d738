/**
 * Every limit of the project, each with its default, minimum, maximum and source, and the Budget that is spent
 * against those of one question. This file imports nothing.
 *
 * A limit is spent *before* the work it pays for, and no retry or alias step resets it. What runs out is said by
 * name in the reason of the verdict, and the verdict is then `bogus`, never `insecure`.
 */

/** One limit: a whole number between `min` and `max`, `value` where the user says nothing. */
export interface Limit {
  readonly value: number
  readonly min: number
  readonly max: number
  /** Where the number comes from: an RFC, an advisory, or the implementations that use it. */
  readonly source: string
}

/** Limits on the work one top-level question may cause. */
export const VALIDATION_LIMITS = {
  signatureChecks: { value: 32, min: 8, max: 1024, source: 'Knot Resolver: 32 per question; CVE-2023-50387' },
  signatureChecksPerRRset: { value: 8, min: 2, max: 64, source: 'Unbound: MAX_VALIDATE_RRSIGS 8' },
  failedSignatureChecksPerRRset: { value: 2, min: 1, max: 16, source: 'BIND: max-validation-failures-per-fetch 1' },
  keysPerTag: {
    value: 2,
    min: 1,
    max: 8,
    source: 'PowerDNS, hickory-dns: keys of one algorithm and tag; CVE-2023-50387',
  },
  keysPerZone: { value: 32, min: 4, max: 256, source: 'as many as a zone in two rollovers needs, four times over' },
  dsPerZone: { value: 8, min: 2, max: 64, source: 'PowerDNS: max-ds-per-zone 8' },
  dsDigestsPerZone: { value: 16, min: 2, max: 256, source: 'digests of DNSKEYs computed against one DS set' },
  nsecRecords: { value: 16, min: 4, max: 64, source: 'a proof needs two; aliases bring theirs along' },
  rrsetsPerAnswer: { value: 64, min: 8, max: 1024, source: 'RRsets of one name, for ANY; real names have a dozen' },
  nsec3Records: { value: 8, min: 4, max: 64, source: 'PowerDNS: max-nsec3s-per-record 10; a proof needs three' },
  nsec3HashBlocks: {
    value: 512,
    min: 64,
    max: 65536,
    source: 'Knot Resolver prices (iterations+1)*blocks; CVE-2023-50868',
  },
  nsec3InsecureIterations: { value: 50, min: 0, max: 150, source: 'RFC 9276 section 3.2; BIND, Knot, PowerDNS: 50' },
  nsec3BogusIterations: { value: 150, min: 0, max: 2500, source: 'RFC 9276 section 3.2; Unbound, BIND: 150' },
  aliasSteps: { value: 11, min: 1, max: 32, source: 'Unbound, BIND: 11' },
  upstreamQuestions: { value: 64, min: 8, max: 1024, source: 'BIND: max-recursion-queries, as the stub needs it' },
  labelsWalked: { value: 20, min: 4, max: 127, source: 'hickory-dns, Unbound: zone cuts followed for one name' },
} as const satisfies Record<string, Limit>

/** Limits on messages and connections to upstreams. Times are milliseconds, sizes octets. */
export const RESOLVER_LIMITS = {
  ednsSize: { value: 1232, min: 512, max: 4096, source: 'DNS flag day 2020; RFC 9715' },
  messageOctets: { value: 65535, min: 512, max: 65535, source: 'RFC 1035 section 4.2.2' },
  recordsPerMessage: {
    value: 4096,
    min: 64,
    max: 8192,
    source: 'a message of 65535 octets holds at most 5957 records',
  },
  lookupTimeout: { value: 10_000, min: 10, max: 600_000, source: 'for one whole lookup; resolv.conf: 5 s, twice' },
  attemptTimeout: { value: 1_500, min: 10, max: 60_000, source: 'for one datagram to one upstream' },
  attempts: { value: 6, min: 1, max: 32, source: 'datagrams or connections for one question, over all upstreams' },
  datagramsIgnored: {
    value: 64,
    min: 1,
    max: 4096,
    source: 'datagrams that are not the answer before a socket is given up',
  },
  upstreams: { value: 16, min: 1, max: 64, source: 'resolv.conf has three' },
  cacheOctets: { value: 33_554_432, min: 65_536, max: 4_294_967_296, source: '32 MiB' },
  maximumTtl: { value: 86_400, min: 1, max: 604_800, source: 'RFC 8767 section 4 caps at 7 days; Unbound: 86400' },
  denialTtl: {
    value: 10_800,
    min: 1,
    max: 86_400,
    source: 'RFC 2308 section 5: one to three hours; RFC 8198 section 5.4',
  },
  denialHashBlocks: {
    value: 64,
    min: 64,
    max: 64,
    source: 'SHA-1 blocks for one look into the NSEC3 records at hand; RFC 9276: zones use no extra iterations',
  },
  prefetchShare: { value: 10, min: 1, max: 100, source: 'Unbound: prefetch within the last 10 percent of the TTL' },
  serveStale: { value: 0, min: 0, max: 604_800, source: 'RFC 8767 section 5: one to three days; section 4: 7 days' },
  staleTtl: { value: 30, min: 1, max: 300, source: 'RFC 8767 section 4: 30 seconds recommended' },
  staleTimeout: { value: 1800, min: 1, max: 60_000, source: 'RFC 8767 section 5: client response timer 1.8 s' },
  failureTtl: { value: 30, min: 1, max: 300, source: 'RFC 9520 section 3.2: seconds a bogus or failed answer lives' },
  sockets: { value: 256, min: 1, max: 16_384, source: 'open at once for one resolver; many systems allow 1024 files' },
  openPerConnection: { value: 64, min: 1, max: 1024, source: 'RFC 7766 section 6.2.1.1: questions in flight on one' },
  streamsPerConnection: {
    value: 32,
    min: 1,
    max: 100,
    source: 'BIND 9.18 ends an HTTPS connection on which 64 requests come before its first answer (measured)',
  },
  connections: { value: 4, min: 1, max: 64, source: 'RFC 7766 section 6.2.2: one, more only where it does not serve' },
  connectionIdle: { value: 10_000, min: 0, max: 600_000, source: 'RFC 7766 section 6.2.3: seconds; Unbound: 30 s' },
  pipeliningRest: { value: 60_000, min: 0, max: 3_600_000, source: 'after a server has hung up on open questions' },
  strayMessages: { value: 64, min: 1, max: 4096, source: 'messages on a connection that answer nothing asked' },
  paddingBlock: { value: 128, min: 1, max: 512, source: 'RFC 8467 section 4.1: octets queries are padded to' },
  upstreamPins: { value: 8, min: 1, max: 8, source: 'RFC 7858 section 4.2: a pin and its backups' },
  checksAside: {
    value: 16,
    min: 0,
    max: 64,
    source: 'signatures of a walk that are checked on other threads; real chains have a dozen',
  },
  asidePatience: { value: 5, min: 1, max: 10_000, source: 'sixteen checks on two processors take 1 ms (measured)' },
  asideRest: { value: 1_000, min: 1, max: 60_000, source: 'without other threads, after they were too busy' },
  upstreamAddresses: { value: 8, min: 1, max: 8, source: 'addresses of one upstream that is given by name' },
  upstreamAddressLife: { value: 3_600_000, min: 1000, max: 86_400_000, source: 'until its name is looked up again' },
  hedgeDelay: { value: 400, min: 1, max: 60_000, source: 'Unbound: band of 400 ms; for upstreams not measured yet' },
  hedgeDelayLeast: { value: 40, min: 1, max: 60_000, source: 'below that, the timers of a busy machine decide' },
  upstreamReview: { value: 60_000, min: 1, max: 86_400_000, source: 'until one that is not used is measured again' },
  upstreamRest: { value: 1_000, min: 1, max: 60_000, source: 'after a failure; doubled with each further one' },
  upstreamRestMost: { value: 60_000, min: 1, max: 900_000, source: 'Unbound: infra-host-ttl 900 s, cut' },
  pathGood: { value: 600_000, min: 0, max: 86_400_000, source: 'RFC 8027 section 3: until a path is looked at again' },
  pathBad: { value: 30_000, min: 0, max: 3_600_000, source: 'RFC 9520 section 3.2: as long as other failures' },
  configOctets: { value: 65_536, min: 1, max: 65_536, source: 'resolv.conf; real ones have some hundred octets' },
  anchorFileOctets: { value: 1_048_576, min: 1, max: 1_048_576, source: 'root-anchors.xml has 1861 octets' },
  cacheFileOctets: { value: 16_777_216, min: 1, max: 16_777_216, source: 'messages between runs: some 15000 of them' },
  fixtureOctets: { value: 268_435_456, min: 1024, max: 2_147_483_648, source: 'all files of one fixture' },
} as const satisfies Record<string, Limit>

/** Limits on trust anchors that follow their zones (RFC 5011). Times are seconds. */
export const TRUST_POINT_LIMITS = {
  addHoldDown: { value: 2_592_000, min: 2_592_000, max: 2_592_000, source: 'RFC 5011 section 2.4.1: 30 days' },
  removeHoldDown: { value: 2_592_000, min: 2_592_000, max: 2_592_000, source: 'RFC 5011 section 2.4.2: 30 days' },
  shortestInterval: { value: 3600, min: 3600, max: 3600, source: 'RFC 5011 section 2.3: at most once an hour' },
  longestInterval: { value: 1_296_000, min: 1_296_000, max: 1_296_000, source: 'RFC 5011 section 2.3: 15 days' },
  longestRetry: { value: 86_400, min: 86_400, max: 86_400, source: 'RFC 5011 section 2.3: 1 day' },
  anchors: { value: 16, min: 5, max: 64, source: 'of one zone; RFC 5011 section 2.4.3: at least five' },
  pendingKeys: { value: 8, min: 2, max: 32, source: 'new keys of one zone waiting; a roll has one or two' },
  removedKeys: { value: 32, min: 5, max: 256, source: 'keys of one zone that are never trusted again' },
  zones: { value: 256, min: 1, max: 4096, source: 'zones in one file of state' },
  stateOctets: { value: 1_048_576, min: 1024, max: 16_777_216, source: 'a file of state; the root takes 2 KiB' },
} as const satisfies Record<string, Limit>

/** Limits on master files. Sizes are characters. */
export const MASTER_FILE_LIMITS = {
  characters: { value: 268_435_456, min: 1024, max: 536_870_888, source: 'one file and all it includes; a JS string' },
  recordCharacters: {
    value: 1_048_576,
    min: 65_536,
    max: 16_777_216,
    source: 'one record over all its lines; 65535 octets take 262140 as \\DDD',
  },
  includeDepth: { value: 10, min: 0, max: 100, source: '$INCLUDE inside $INCLUDE; NSD: MAXINCLUDES 10' },
  parentheses: { value: 8, min: 1, max: 100, source: 'RFC 1035 section 5.1 knows one level; BIND nests' },
} as const satisfies Record<string, Limit>

/** Limits on certificates and DANE. */
export const DANE_LIMITS = {
  certificates: { value: 10, min: 1, max: 100, source: 'OpenSSL: verify depth 100; real chains have four' },
  certificateOctets: { value: 65_536, min: 1024, max: 1_048_576, source: 'one certificate; TLS allows 16 MiB' },
  pathSignatureChecks: { value: 100, min: 10, max: 1000, source: 'webpki: 100 signature checks for one path search' },
  nameComparisons: { value: 65_536, min: 1024, max: 1_048_576, source: 'OpenSSL: NAME_CHECK_MAX 2^20, for one path' },
  derDepth: { value: 32, min: 8, max: 128, source: 'nesting of DER structures' },
  knownAuthorities: {
    value: 256,
    min: 1,
    max: 4096,
    source: 'certificates above leaves that are kept as read, up to 4 KiB each',
  },
  tlsaRecords: { value: 64, min: 8, max: 1024, source: 'records of one TLSA RRset that are looked at' },
  pkixAuthorities: { value: 1024, min: 1, max: 65_536, source: "Mozilla's list has some 150 authorities" },
  referenceIdentifiers: { value: 16, min: 1, max: 100, source: 'names one certificate is compared with' },
} as const satisfies Record<string, Limit>

/** Limits on the SMTP conversation and on finding hosts. Times are milliseconds, sizes octets. */
export const SMTP_LIMITS = {
  unverifiedWait: {
    value: 3600,
    min: 30,
    max: 86_400,
    source: 'seconds that a time nobody has verified puts mail off',
  },
  replyLineOctets: { value: 2048, min: 512, max: 65_536, source: 'RFC 5321 section 4.5.3.1.5: 512; Postfix: 2048' },
  replyLines: { value: 128, min: 16, max: 4096, source: 'one reply; EHLO of large providers has some 20' },
  replyOctets: { value: 65_536, min: 4096, max: 1_048_576, source: 'one reply' },
  headerOctets: {
    value: 1_048_576,
    min: 4096,
    max: 16_777_216,
    source: 'Postfix: header_size_limit 102400, times ten',
  },
  scramIterations: { value: 4096, min: 4096, max: 1_000_000, source: 'RFC 7677 section 4: 4096; 10^6 take some 0.5 s' },
  connectionIdle: {
    value: 5000,
    min: 10,
    max: 240_000,
    source: 'Postfix: connection_cache_ttl_limit 2 s; RFC 5321: 5 min',
  },
  connectionAge: {
    value: 300_000,
    min: 1000,
    max: 3_600_000,
    source: 'Postfix: smtp_connection_reuse_time_limit 300 s',
  },
  mailsPerConnection: { value: 100, min: 1, max: 10_000, source: 'servers end a session after 20 to 1000 mails' },
  idleConnections: { value: 64, min: 1, max: 4096, source: 'many systems allow a process 1024 open files' },
  recipients: { value: 100, min: 1, max: 1000, source: 'RFC 5321 section 4.5.3.1.8: servers take 100 in one mail' },
  chunkOctets: { value: 1_048_576, min: 1024, max: 16_777_216, source: 'RFC 3030; Exim sends chunks of 8 KiB' },
  authLineOctets: { value: 512, min: 512, max: 12_288, source: 'RFC 4954 section 4, RFC 5321 section 4.5.3.1.4' },
  authChallenges: { value: 4, min: 1, max: 16, source: 'SCRAM has two, LOGIN two' },
  hosts: { value: 25, min: 1, max: 100, source: 'Postfix: smtp_mx_address_limit, MX hosts tried' },
  addressesPerHost: { value: 5, min: 1, max: 50, source: 'Postfix: smtp_mx_address_limit 5' },
  connectTimeout: { value: 30_000, min: 100, max: 300_000, source: 'Postfix: smtp_connect_timeout 30 s' },
  connectionAttemptDelay: { value: 250, min: 10, max: 2000, source: 'RFC 8305 section 5: 250 ms' },
  greetingTimeout: { value: 300_000, min: 100, max: 600_000, source: 'RFC 5321 section 4.5.3.2.1: 5 min' },
  commandTimeout: { value: 300_000, min: 100, max: 600_000, source: 'RFC 5321 section 4.5.3.2.2 and .3: 5 min' },
  dataInitTimeout: { value: 120_000, min: 100, max: 600_000, source: 'RFC 5321 section 4.5.3.2.4: 2 min' },
  dataBlockTimeout: { value: 180_000, min: 100, max: 600_000, source: 'RFC 5321 section 4.5.3.2.5: 3 min' },
  dataFinalTimeout: { value: 600_000, min: 100, max: 3_600_000, source: 'RFC 5321 section 4.5.3.2.6: 10 min' },
  handshakeTimeout: { value: 60_000, min: 100, max: 300_000, source: 'Postfix: smtp_starttls_timeout 300 s, cut' },
  quitTimeout: {
    value: 5_000,
    min: 100,
    max: 300_000,
    source: 'Postfix: smtp_quit_timeout 300 s, cut: nothing depends on it',
  },
} as const satisfies Record<string, Limit>

/** Limits on TLS reports (RFC 8460): what is counted, kept and sent. Times are milliseconds, sizes octets. */
export const TLSRPT_LIMITS = {
  domains: { value: 65_536, min: 1, max: 1_048_576, source: 'domains counted for one day' },
  policies: { value: 32, min: 1, max: 1024, source: 'policies of one domain in a day; a key roll has two a host' },
  details: { value: 256, min: 1, max: 65_536, source: 'distinct failures told of one policy; all are counted' },
  detailsInAll: { value: 262_144, min: 1, max: 4_194_304, source: 'distinct failures told of one day' },
  textCharacters: { value: 256, min: 32, max: 4096, source: 'RFC 8460 section 4.3.3: a short text field' },
  policyStrings: { value: 16, min: 1, max: 64, source: 'records or lines of one policy that are told' },
  policyStringCharacters: { value: 1024, min: 64, max: 8192, source: 'one of them; digests have 64 or 128 digits' },
  lineOctets: { value: 65_536, min: 4096, max: 1_048_576, source: 'one session in the file of a day' },
  dayOctets: { value: 268_435_456, min: 4096, max: 4_294_967_296, source: 'the file of a day: some 500,000 sessions' },
  recordCharacters: { value: 4096, min: 256, max: 65_535, source: 'one TXT record; real ones have some 80' },
  addresses: { value: 4, min: 1, max: 16, source: 'places one domain has its reports sent to; real ones have two' },
  reportOctets: {
    value: 10_485_760,
    min: 1024,
    max: 104_857_600,
    source: 'one report, compressed; as mail a third more',
  },
  postTimeout: { value: 60_000, min: 100, max: 600_000, source: 'one POST, from the lookup to the reply' },
  retryTime: { value: 86_400_000, min: 0, max: 604_800_000, source: 'RFC 8460 section 5.5: 24 hours' },
  retryDelay: { value: 900_000, min: 0, max: 86_400_000, source: 'RFC 8460 section 5.5: exponential; the first' },
  daysKept: { value: 14, min: 2, max: 366, source: 'days whose files are kept, sent or not' },
} as const satisfies Record<string, Limit>

/** Limits on MTA-STS. Sizes are octets; times are seconds, but for `fetchTimeout` in milliseconds. */
export const MTA_STS_LIMITS = {
  policyOctets: { value: 65_536, min: 65_536, max: 65_536, source: 'RFC 8461 section 3.3: 64 kilobytes' },
  fetchTimeout: { value: 60_000, min: 100, max: 600_000, source: 'RFC 8461 section 3.3: one minute' },
  maxAge: { value: 31_557_600, min: 31_557_600, max: 31_557_600, source: 'RFC 8461 section 3.2: a year' },
  retryInterval: { value: 300, min: 300, max: 300, source: 'RFC 8461 section 3.3: five minutes after a failure' },
  refreshInterval: { value: 86_400, min: 86_400, max: 86_400, source: 'RFC 8461 section 3.3: once a day' },
  refreshRetry: {
    value: 3600,
    min: 3600,
    max: 3600,
    source: 'a policy is in force: mail waits an hour before it waits',
  },
  cacheEntries: { value: 10_000, min: 1, max: 1_000_000, source: 'domains with a policy; some 100,000 are known' },
  cacheOctets: { value: 16_777_216, min: 65_536, max: 268_435_456, source: 'policies have some 200 octets' },
} as const satisfies Record<string, Limit>

/** Limits on the queue of mail and on delivery status notifications. Times are milliseconds, sizes octets. */
export const QUEUE_LIMITS = {
  retryLeast: { value: 300_000, min: 1000, max: 86_400_000, source: 'Postfix: minimal_backoff_time 300 s' },
  retryMost: { value: 4_000_000, min: 1000, max: 86_400_000, source: 'Postfix: maximal_backoff_time 4000 s' },
  retryJitter: {
    value: 20,
    min: 0,
    max: 50,
    source: 'percent of a pause that are drawn: mail for one host spreads out',
  },
  expiry: { value: 432_000_000, min: 0, max: 2_592_000_000, source: 'RFC 5321 section 4.5.4.1: at least 4 to 5 days' },
  reportExpiry: { value: 432_000_000, min: 0, max: 2_592_000_000, source: 'Postfix: bounce_queue_lifetime 5 days' },
  delayWarning: { value: 14_400_000, min: 0, max: 2_592_000_000, source: '4 hours; 0 warns nobody' },
  concurrency: { value: 20, min: 1, max: 1000, source: 'deliveries at a time; Postfix: 100 processes' },
  destinationConcurrency: { value: 5, min: 1, max: 100, source: 'Postfix: initial_destination_concurrency 5' },
  failuresToRest: {
    value: 3,
    min: 1,
    max: 100,
    source: 'deliveries in a row that came to no answer; Postfix: cohorts',
  },
  destinations: { value: 10_000, min: 100, max: 1_000_000, source: 'destinations whose failures are remembered' },
  rescan: { value: 60_000, min: 100, max: 3_600_000, source: 'until the queue is looked through for new mail anyway' },
  shutdown: { value: 10_000, min: 0, max: 600_000, source: 'deliveries may finish; systemd kills after 90 s' },
  recipients: { value: 1000, min: 1, max: 10_000, source: 'of one message; RFC 5321 section 4.5.3.1.8: at least 100' },
  messageOctets: {
    value: 1_073_741_824,
    min: 1024,
    max: 17_179_869_184,
    source: 'one message; hosts take 10 to 150 MB',
  },
  stateOctets: {
    value: 67_108_864,
    min: 65_536,
    max: 268_435_456,
    source: 'the state of one message; 1 KiB a recipient',
  },
  abandonedAfter: {
    value: 86_400_000,
    min: 3_600_000,
    max: 604_800_000,
    source: 'a temporary file; a message takes less',
  },
  diagnosticCharacters: {
    value: 900,
    min: 900,
    max: 900,
    source: "of a host's words in a notification; Postfix: 1000",
  },
  returnedHeaderOctets: { value: 65_536, min: 65_536, max: 65_536, source: 'Postfix: header_size_limit 102400' },
  returnedOctets: { value: 50_000, min: 50_000, max: 50_000, source: 'Postfix: bounce_size_limit 50000' },
} as const satisfies Record<string, Limit>

/** Limits on what is configured for destinations. */
export const POLICY_LIMITS = {
  fileOctets: { value: 4_194_304, min: 1, max: 4_194_304, source: 'some 100000 destinations' },
  pins: {
    value: 16,
    min: 1,
    max: 16,
    source: 'fingerprints of one destination; RFC 7858 section 4.2: one and backups',
  },
  matchNames: { value: 8, min: 1, max: 8, source: 'names of one destination; Postfix has two by default' },
  dnssecOffDays: { value: 92, min: 92, max: 92, source: 'RFC 7646 section 2: of limited duration; three months' },
} as const satisfies Record<string, Limit>

/** Limits of the transport for nodemailer. Sizes are octets. */
export const NODEMAILER_LIMITS = {
  messageOctets: {
    value: 268_435_456,
    min: 1024,
    max: 17_179_869_184,
    source: 'one composed message; hosts take 10 to 150 MB',
  },
  memoryOctets: { value: 1_048_576, min: 0, max: 1_073_741_824, source: 'of it in memory; more goes to a file' },
  sends: { value: 16, min: 1, max: 1024, source: 'messages composed and delivered at a time; others wait' },
} as const satisfies Record<string, Limit>

/** Limits of the command line. Times are milliseconds. */
export const CLI_LIMITS = {
  anchorDocumentOctets: { value: 1_048_576, min: 4096, max: 16_777_216, source: 'root-anchors.xml has 1861 octets' },
  anchorFetchTimeout: { value: 30_000, min: 100, max: 600_000, source: 'a person or a script waits' },
  messageOctets: {
    value: 1_073_741_824,
    min: 1024,
    max: 17_179_869_184,
    source: 'one message; hosts take 10 to 150 MB',
  },
  credentialsOctets: { value: 8192, min: 64, max: 65_536, source: 'a user and a token; tokens of 4 KiB are seen' },
  messageOctetsHeld: { value: 8_388_608, min: 1, max: 268_435_456, source: 'of it in memory; more goes to a file' },
  scanJobs: { value: 64, min: 1, max: 1024, source: 'domains looked at side by side, over all threads' },
  scanThreads: { value: 2, min: 1, max: 64, source: 'default: as many as there are processors' },
  scanThreadsFrom: { value: 256, min: 1, max: 65_536, source: 'domains from which on threads are worth their start' },
  scanLineOctets: { value: 1024, min: 256, max: 65_536, source: 'a name of 255 octets in \\DDD has 1004 characters' },
  scanNamesSeen: { value: 1_000_000, min: 1, max: 10_000_000, source: 'names that are not asked again; some 100 MB' },
  scanOrderWindow: { value: 4096, min: 64, max: 65_536, source: 'results held back for the sake of order' },
  checkConnectTimeout: { value: 10_000, min: 100, max: 300_000, source: 'a person waits; a delivery waits 30 s' },
  checkReplyTimeout: { value: 60_000, min: 100, max: 600_000, source: 'greetings held back on purpose take some 30 s' },
} as const satisfies Record<string, Limit>

export type ValidationLimit = keyof typeof VALIDATION_LIMITS
export type ValidationLimits = Readonly<Record<ValidationLimit, number>>

/** Limits that are counted up over one question; the others are compared where they apply. */
export type Meter = 'signatureChecks' | 'nsec3HashBlocks' | 'aliasSteps' | 'upstreamQuestions' | 'labelsWalked'

/** The work one question has caused so far, for the result and for benchmarks. */
export type Spent = Readonly<Record<Meter, number>>

/** Thrown inside the validator when a limit is reached; the walk turns it into a `bogus` answer. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached'
  readonly limit: ValidationLimit
  readonly bound: number

  constructor(limit: ValidationLimit, bound: number) {
    super(`limit ${limit} of ${bound} reached`)
    this.limit = limit
    this.bound = bound
  }
}

/** What one top-level question may still cost. */
export class Budget {
  readonly limits: ValidationLimits
  /** The limit at which the work ended, if it did. */
  reached: LimitReached | undefined
  readonly #spent: Record<Meter, number> = {
    signatureChecks: 0,
    nsec3HashBlocks: 0,
    aliasSteps: 0,
    upstreamQuestions: 0,
    labelsWalked: 0,
  }

  constructor(limits: ValidationLimits = DEFAULT_VALIDATION_LIMITS) {
    this.limits = limits
  }

  /** Pays for work that is about to be done. @throws {LimitReached} when it is not covered. */
  spend(meter: Meter, amount = 1): void {
    const bound = this.limits[meter]
    if (this.#spent[meter] + amount > bound) throw new LimitReached(meter, bound)
    this.#spent[meter] += amount
  }

  /** Checks a quantity that does not add up over the question. @throws {LimitReached} when it is above the limit. */
  require(limit: ValidationLimit, quantity: number): void {
    const bound = this.limits[limit]
    if (quantity > bound) throw new LimitReached(limit, bound)
  }

  get spent(): Spent {
    return { ...this.#spent }
  }
}

/** The defaults as plain numbers. */
const DEFAULT_VALIDATION_LIMITS: ValidationLimits = defaults(VALIDATION_LIMITS)

/**
 * Completes a partial set of limits with the defaults.
 * @throws {RangeError} that names the limit when a value is no whole number between its minimum and maximum.
 */
export function validationLimits(given: Partial<ValidationLimits> = {}): ValidationLimits {
  const limits: Record<string, number> = { ...DEFAULT_VALIDATION_LIMITS }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(VALIDATION_LIMITS, name)) throw new RangeError(`limits.${name}: no such limit`)
    limits[name] = within(`limits.${name}`, VALIDATION_LIMITS[name as ValidationLimit], value)
  }
  return limits as ValidationLimits
}

/** The value itself, or the default where it is undefined. @throws {RangeError} that names the option. */
export function within(option: string, limit: Limit, value: number | undefined): number {
  if (value === undefined) return limit.value
  if (!Number.isInteger(value) || value < limit.min || value > limit.max) {
    throw new RangeError(`${option}: ${value} is not a whole number from ${limit.min} to ${limit.max}`)
  }
  return value
}

function defaults<K extends string>(limits: Record<K, Limit>): Record<K, number> {
  const values = {} as Record<K, number>
  for (const name in limits) values[name] = limits[name].value
  return values
}
