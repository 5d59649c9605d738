/** `openssl speed` as a yardstick, run as the process it is. */
import { spawnSync } from 'node:child_process'

/** Microseconds for one signature and one check. */
export interface Speed {
  readonly sign: number
  readonly verify: number
}

/** One second of signing and one of checking; undefined where there is no such program or it does not know the name. */
export function opensslSpeed(algorithm: string): Speed | undefined {
  const { status, stdout } = spawnSync('openssl', ['speed', '-mr', '-seconds', '1', algorithm], { encoding: 'utf8' })
  return status === 0 ? readSpeed(stdout) : undefined
}

/** The version of that program, which need not be that of Node's own; undefined where there is none. */
export function opensslVersion(): string | undefined {
  const { status, stdout } = spawnSync('openssl', ['version'], { encoding: 'utf8' })
  return status === 0 ? /^OpenSSL (\S+)/.exec(stdout)?.[1] : undefined
}

/** The line of sums for public keys, as `+F4:3:256:SIGNATURES:CHECKS`, both for one second. */
export function readSpeed(output: string): Speed | undefined {
  const fields = /^\+F[246]:.*$/m.exec(output)?.[0].split(':')
  const [sign, verify] = fields?.slice(-2).map((rate) => 1e6 / Number(rate)) ?? []
  if (sign === undefined || verify === undefined) return undefined
  return Number.isFinite(sign) && Number.isFinite(verify) ? { sign, verify } : undefined
}
