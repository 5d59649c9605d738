import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accepts } from './ports.ts'
import { Server, until } from './program.ts'
import type { Forwarding } from './upstream.ts'

export interface DnsdistOptions extends Forwarding {
  /** Rules, in its Lua. */
  readonly rules?: readonly string[]
}

/** dnsdist in front of another server: over UDP, TCP, TLS and HTTPS, and with rules that spoil what passes. */
export async function startDnsdist(folder: string, options: DnsdistOptions): Promise<Server> {
  const { label = 'dnsdist', port, tlsPort, httpsPort, to, certificate, rules = [] } = options
  mkdirSync(folder, { recursive: true })
  const config = join(folder, `${label}.conf`)
  const files = certificate && `"${certificate.file}", "${certificate.keyFile}"`
  writeFileSync(
    config,
    `setACL({"127.0.0.0/8"})
setSecurityPollSuffix("")
setMaxTCPClientThreads(4)
addLocal("127.0.0.1:${port}")
${tlsPort === undefined ? '' : `addTLSLocal("127.0.0.1:${tlsPort}", ${files})`}
${httpsPort === undefined ? '' : `addDOHLocal("127.0.0.1:${httpsPort}", ${files}, "/dns-query")`}
newServer({ address = "127.0.0.1:${to}", checkName = "www.secure.test.", checkInterval = 1 })
${rules.join('\n')}
`,
  )
  const server = new Server('dnsdist', ['--supervised', '--disable-syslog', '-C', config], join(folder, `${label}.log`))
  await until(server, () => accepts(port))
  return server
}

/** Rules for `startDnsdist`. */
export const RULES = {
  /** Nothing fits into a datagram. */
  truncate: 'addAction(TCPRule(false), TCAction())',
  /** One datagram in two is lost. */
  drop: 'addAction(AndRule({ TCPRule(false), ProbaRule(0.5) }), DropAction())',
  /** Answers over UDP take that long. */
  delay: (milliseconds: number) => `addAction(TCPRule(false), DelayAction(${milliseconds}))`,
  /** Takes the OPT record off every query: the server behind sees a client that does not know EDNS. */
  withoutEdns: `local ffi = require("ffi")
addAction(AllRule(), LuaFFIAction(function(dq)
  local name = ffi.new("const char*[1]")
  local length = ffi.new("size_t[1]")
  ffi.C.dnsdist_ffi_dnsquestion_get_qname_raw(dq, name, length)
  local header = ffi.cast("uint8_t*", ffi.C.dnsdist_ffi_dnsquestion_get_header(dq))
  header[10] = 0
  header[11] = 0
  ffi.C.dnsdist_ffi_dnsquestion_set_len(dq, 12 + length[0] + 4)
  return DNSAction.None
end))`,
} as const
