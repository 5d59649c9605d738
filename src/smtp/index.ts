/**
 * Mail over SMTP that never goes out with less protection than the recipient's domain asks for (RFC 5321, RFC 3207,
 * RFC 7672): `deliver` sends, `probe` looks without sending.
 */
export { type MailDomain, type Mailbox, parseMailbox, parseReversePath } from './address.ts'
export type { ConnectionSettings } from './connection-settings.ts'
export type { EnvelopeDsn, RecipientDsn } from './delivery-request.ts'
export { deliveryStatusMessage } from './delivery-status/report.ts'
export type { DeliveryStatus, OriginalMessage, RecipientStatus } from './delivery-status/report-types.ts'
export { type DeliverOptions, deliver, type OutgoingMessage, type Relay } from './delivery.ts'
export { toAsciiDomain, toUnicodeDomain } from './idn.ts'
export { Message } from './message.ts'
export { MtaSts, type MtaStsOptions } from './mta-sts/mta-sts.ts'
export {
  type StsFailure,
  type StsFailureKind,
  type StsPolicies,
  type StsPolicy,
  type StsResult,
  stsAllows,
} from './mta-sts/policy.ts'
export type {
  AppliedPolicy,
  AuthenticatedBy,
  ConnectionOutcome,
  DeliveryAttempt,
  DeliveryOutcome,
  FailureKind,
  MatchedRecord,
  Retry,
  Verdict,
} from './outcome.ts'
export { definePolicy, type PolicyLevel, type PolicyOptions } from './policy/define.ts'
export type {
  DestinationPolicy,
  Pin,
  PkixRule,
  TlsRule,
  TlsVersion,
  UnusableRule,
} from './policy/destination-policy.ts'
export { PolicyTable } from './policy/table.ts'
export { domainVerdict, type HostProbe, probe } from './probe.ts'
export { type ReportUnderRequireTls, reportRules, tlsRequiredNo } from './require-tls.ts'
export type { QueueClock } from './queue/clock.ts'
export { DiskStore } from './queue/disk-store.ts'
export type { LastTry, QueueEntry, QueueRecipient } from './queue/entry.ts'
export type { QueueEvent } from './queue/events.ts'
export { Queue, type QueueMessage } from './queue/queue.ts'
export type {
  DeliverFunction,
  QueueDeliverOptions,
  QueuedMail,
  QueueOptions,
  QueueOutcome,
  QueueTuning,
} from './queue/settings.ts'
export type { QueueVia } from './queue/via.ts'
export type { Change, Claim, EntryState, MessageSource, NewReport, QueueStore, StoredEntry } from './queue/store.ts'
export { ConnectionPool, type PoolOptions } from './pool.ts'
export { Credentials } from './sasl/credentials.ts'
export { type Reply, type ReplyError, ReplyParser, type ReplyStep } from './reply-parser.ts'
export { type SubmissionSettings, submissionSettings } from './submission.ts'
export { type SubmitOptions, submit } from './submit.ts'
export type { TlsFailure, TlsFailureType, TlsSession } from './tls-session.ts'
export { type DkimSigner, dkimSigner } from './tlsrpt/dkim.ts'
export { TlsReportJournal } from './tlsrpt/journal.ts'
export type { PreparedReport, TlsReport, TlsReportFailure, TlsReportPolicy } from './tlsrpt/report.ts'
export {
  prepareTlsReports,
  sendTlsReports,
  type TlsReportOptions,
  type TlsReportResult,
  type TlsReportRun,
} from './tlsrpt/send-reports.ts'
