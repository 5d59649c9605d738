import { type Reply, replyText } from './reply-parser.ts'
import type { SessionFailure, SessionFailureKind, SessionTimer, Stage } from './session-types.ts'

/** A reply as it was said, in one line. */
export function said(reply: Reply): string {
  return `${reply.code} ${reply.lines.join(' ')}`.trim()
}

export function failureOf(kind: SessionFailureKind, stage: Stage, text: string, reply: Reply | null): SessionFailure {
  const enhanced = reply?.enhanced && kind === 'reply' ? `4${reply.enhanced.slice(1)}` : ENHANCED[kind]
  return { kind, stage, text, enhanced, reply }
}

/** What a failure means for a recipient nothing else is known of. */
export function reasonOf(failure: SessionFailure | null): {
  readonly code: number | null
  readonly enhanced: string | null
  readonly text: string
} {
  // A no to STARTTLS is about TLS and about nobody's mail.
  const reply = failure?.kind === 'reply' ? failure.reply : null
  return {
    code: reply?.code ?? null,
    enhanced: failure?.enhanced ?? null,
    text: (reply === null ? '' : replyText(reply)) || (failure?.text ?? ''),
  }
}

/** The timers of RFC 5321 section 4.5.3.2; null while nobody waits for anything. */
export const TIMERS: Record<Stage, SessionTimer | null> = {
  connect: 'greetingTimeout',
  greeting: 'greetingTimeout',
  EHLO: 'commandTimeout',
  HELO: 'commandTimeout',
  STARTTLS: 'commandTimeout',
  handshake: 'handshakeTimeout',
  AUTH: 'commandTimeout',
  idle: null,
  RSET: 'commandTimeout',
  MAIL: 'commandTimeout',
  RCPT: 'commandTimeout',
  DATA: 'dataInitTimeout',
  content: 'dataBlockTimeout',
  QUIT: 'quitTimeout',
}

/** RFC 3463, with Postfix's choice among X.7.4 (not supported) and X.7.5 (cryptographic failure); RFC 4954 section 6. */
const ENHANCED: Record<SessionFailureKind, string> = {
  reply: '4.3.0',
  protocol: '4.5.0',
  closed: '4.4.2',
  timeout: '4.4.2',
  aborted: '4.3.0',
  'tls-not-offered': '4.7.4',
  'tls-refused': '4.7.4',
  'tls-failed': '4.7.5',
  injected: '4.7.5',
  'not-authenticated': '4.7.5',
  'auth-not-offered': '4.7.4',
  'auth-rejected': '4.7.8',
  'auth-failed': '4.7.0',
  content: '4.3.0',
}
