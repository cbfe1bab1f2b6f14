/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** The type of a login: `AUTHENTICATION_TYPE_…` in a log line. */
export type AuthenticationType =
  /** Name and password. */
  | 'BASIC'
  /** An identity of another organisation. */
  | 'FEDERATED'
  /** A GitHub account. */
  | 'GITHUB'
  /** A Google account. */
  | 'GOOGLE'
  /** The portal could not determine the type. */
  | 'INVALID'
  /** A personal access token. */
  | 'PAT'
  /** A system account access token. */
  | 'SPAT'
  /** Single sign-on. */
  | 'SSO'
  /** A Microsoft account. */
  | 'WINDOWSLIVE';

/** The replay to cancel. */
export type CancelReplayInput = {
  /** The UUID of the portal. */
  portalId: string;
  /** The UUID of a webhook of the portal; by default the webhook `default`. */
  webhookId?: string | null | undefined;
};

/** Which of the logins that were recorded while a webhook was off are delivered when it is turned on. */
export type CatchUp =
  /** None: they are skipped. `requestReplay` can still send them. */
  | 'FROM_NOW'
  /** The logins that were recorded at the time `since` or later. */
  | 'SINCE'
  /** All logins that were recorded since the webhook was last on (if it was never on, all logins of the portal), as far as they are retained. */
  | 'SINCE_LAST_ON';

/** The changes of a webhook of a portal. A field that is left out stays as it is. */
export type ConfigureWebhookInput = {
  /** When the call turns the webhook on: which of the logins that were recorded while it was off to deliver; FROM_NOW by default. */
  catchUp?: CatchUp | null | undefined;
  /** The UUID of the destination to send to; required the first time. */
  destinationId?: string | null | undefined;
  /** Turns the webhook on or off; off until this is set. */
  enabled?: boolean | null | undefined;
  /** The UUID of the portal. */
  portalId: string;
  /** With `catchUp: SINCE`: deliver the logins that were recorded at this time or later while the webhook was off. */
  since?: string | null | undefined;
  /** The UUID of a webhook of the portal; by default the webhook `default`. */
  webhookId?: string | null | undefined;
};

/** A destination to create. */
export type CreateDestinationInput = {
  /** The value of the Authorization header, such as `Splunk 8a6b…` or `Bearer …`; at most 4,096 characters of visible ASCII. Blanks and line ends around it are removed. Write-only: it is stored encrypted and never returned. Without it, the header is not sent. */
  authorization?: string | null | undefined;
  /** The certificate authorities to trust instead of the public ones, in PEM; at most 512 KiB, and all of them must be readable. An intermediate authority or the certificate of the receiver itself is trusted too. */
  caCertificate?: string | null | undefined;
  /** A certificate to present to the receiver (mutual TLS) and the certificates of its issuers, in PEM, in any order; at most 10. Needed with `clientKey`. */
  clientCertificate?: string | null | undefined;
  /** The private key of the client certificate: RSA, EC or Ed25519, in PEM, without a passphrase. Write-only: it is stored encrypted and never returned. Needed with `clientCertificate`. */
  clientKey?: string | null | undefined;
  /** An absolute https URL without credentials; at most 2,048 characters. It is stored in its canonical form, as it is requested, and encrypted, because it may contain a key. */
  endpoint: string;
  /** Headers to send with every request, such as `X-Splunk-Request-Channel`; at most 10, and none that Auditwire or the connection sets (Host, Authorization, User-Agent, Content-*, Transfer-Encoding and the like). */
  headers?: Array<CreateHeaderInput> | null | undefined;
  /** How the destination gets its logs; HTTP by default. */
  kind?: DestinationKind | null | undefined;
  /** The limit of lines a second, for all portals that send to the destination together: 1 to 1,000,000; no limit by default. */
  linesPerSecond?: number | null | undefined;
  /** The format of the log lines; CEF by default. */
  logFormat?: LogFormat | null | undefined;
  /** The limit of bytes of a batch before compression: 1,000 to 1,048,576, which is the default. */
  maxBatchBytes?: number | null | undefined;
  /** The limit of lines in a batch: 1 to 500, 500 by default. */
  maxBatchLines?: number | null | undefined;
  /** The limit of requests in flight at a time, for all portals that send to the destination together: 1 to 64, 16 by default. */
  maxInFlight?: number | null | undefined;
  /** The name; 1 to 256 characters. No other destination may have it. */
  name: string;
  /** Whether to accept any certificate; false by default. For tests only: use `caCertificate` instead. */
  skipTlsVerification?: boolean | null | undefined;
};

/** A header to send with every request. */
export type CreateHeaderInput = {
  /** The name; at most 128 characters. */
  name: string;
  /** The value; at most 4,096 characters of visible ASCII. Blanks around it are removed. Write-only: it is stored encrypted and never returned. */
  value: string;
};

/** A webhook to create beside the webhook `default`. */
export type CreateWebhookInput = {
  /** When the call turns the webhook on: which of the logins that were recorded before to deliver; FROM_NOW by default. SINCE_LAST_ON: all that are retained. */
  catchUp?: CatchUp | null | undefined;
  /** The UUID of the destination to send to. */
  destinationId: string;
  /** Turns the webhook on; off by default. */
  enabled?: boolean | null | undefined;
  /** The name; 1 to 256 characters. No other webhook of the portal may have it. */
  name: string;
  /** The UUID of the portal. */
  portalId: string;
  /** With `catchUp: SINCE`: deliver the logins that were recorded at this time or later. */
  since?: string | null | undefined;
};

/** A destination to delete. */
export type DeleteDestinationInput = {
  /** The UUID of the destination. */
  id: string;
};

/** The steps of an attempt, in order. */
export type DeliveryPhase =
  /** The status was received, and Auditwire reads the body. Every success ends in this phase. */
  | 'BODY'
  /** The connection is opened, through the egress proxy if one is set. */
  | 'CONNECT'
  /** The request is sent, and Auditwire waits for the status and the headers. */
  | 'HEADERS'
  /** The host name is resolved, and the address guard checks the addresses. */
  | 'RESOLVE'
  /** The TLS handshake, with the certificates of both sides. */
  | 'TLS';

/** Why a batch is sent. */
export type DeliveryPurpose =
  /** The first delivery of the logins, in order. */
  | 'FIRST'
  /** A redelivery of the oldest undelivered logins, to find out if the receiver works again. */
  | 'PROBE'
  /** A redelivery of undelivered logins. */
  | 'RECOVERY'
  /** A part of a replay. */
  | 'REPLAY';

/** The state of a delivery. */
export type DeliveryState =
  /** The last retry failed, the receiver gave a final answer, or the webhook was removed. The logins are undelivered. */
  | 'ABANDONED'
  /** The receiver accepted the batch. */
  | 'DELIVERED'
  /** An attempt is in progress, or the delivery waits for a retry. */
  | 'IN_PROGRESS'
  /** The receiver rejected the batch because of its size (413) or its content. Its logins are sent in smaller deliveries. */
  | 'SPLIT'
  /** The destination or the log format changed. The same logins start in a new delivery. */
  | 'SUPERSEDED';

/** Whether a destination works. */
export type DestinationHealthState =
  /** The last attempt failed. The destination gets one request at a time until one succeeds. */
  | 'FAILING'
  /** The last attempt succeeded. */
  | 'HEALTHY'
  /** There was no attempt to the destination yet. */
  | 'UNKNOWN';

/** How a destination gets its logs. */
export type DestinationKind =
  /** An HTTP collector: batches are sent with POST. */
  | 'HTTP';

/** Undelivered ranges that need no delivery. */
export type DiscardUndeliveredInput = {
  /** 1 to 100 ids of ranges, from the query `undelivered`. */
  ids: Array<string>;
  /** Why the ranges need no delivery; 1 to 256 characters. It is stored with the name of your token. */
  reason: string;
};

/** The format of a log line. */
export type LogFormat =
  /** Common Event Format 0: a header and then `key=value` pairs, in one line. */
  | 'CEF'
  /** CrowdStrike Parsing Standard: a JSON object that contains the object of the JSON format as `event`. */
  | 'CPS'
  /** One JSON object in each line. */
  | 'JSON';

/** Which logins to list. A login must match every field that is given. */
export type LoginFilterInput = {
  /** Logins of this type. */
  authenticationType?: AuthenticationType | null | undefined;
  /** Logins for which the portal gave this `traceId`. */
  clientTraceId?: string | null | undefined;
  /** Logins that happened at this time or later. */
  from?: string | null | undefined;
  /** Logins with this outcome. */
  outcome?: LoginOutcome | null | undefined;
  /** Logins that happened at this time or earlier. */
  to?: string | null | undefined;
};

/** A login to record. Texts that a visitor controls are recorded whatever they contain. Over its limit a text is cut, and `cutFields` of the login names the field. */
export type LoginInput = {
  /** The type of the login. */
  authenticationType: AuthenticationType;
  /** Makes it safe to send the login again: while the first login is retained, the same key with the same content records nothing and returns the first login. At most 256 characters; a time-ordered key (UUIDv7) is the fastest. */
  idempotencyKey?: string | null | undefined;
  /** When the login happened; by default now. If it is more than 5 minutes ahead of the clock of the server, the login gets the time of recording, and this time is recorded as `givenOccurredAt`. */
  occurredAt?: string | null | undefined;
  /** The outcome of the login. */
  outcome: LoginOutcome;
  /** The id of the account; cut to 256 characters. */
  principalId?: string | null | undefined;
  /** The name of the account; cut to 256 characters. Not part of a log line. */
  principalName?: string | null | undefined;
  /** The requested path; cut to 8 KiB. */
  request?: string | null | undefined;
  /** The address that the login came from: one IPv4 or IPv6 address, also with brackets, a port or a zone. Pass the address that the proxy of your portal vouches for. Any other text is recorded as `givenSourceAddress`. */
  sourceAddress?: string | null | undefined;
  /** The trace id of the login request in your system; cut to 256 characters. It is recorded as `clientTraceId`, and is not part of a log line. */
  traceId?: string | null | undefined;
  /** The user agent, as the browser or program reports it; cut to 2 KiB. */
  userAgent?: string | null | undefined;
};

/** The outcome of a login: `AUTHENTICATION_OUTCOME_…` in a log line. */
export type LoginOutcome =
  /** The account is disabled. Severity 6. */
  | 'DISABLED'
  /** The login request was not valid. Severity 7. */
  | 'INVALID'
  /** The password was wrong. Severity 1. */
  | 'INVALID_PASSWORD'
  /** The account is locked. Severity 6. */
  | 'LOCKED'
  /** The account does not exist. Severity 1. */
  | 'NOT_FOUND'
  /** The login succeeded. Severity 0. */
  | 'SUCCESS'
  /** The token had expired. Severity 1. */
  | 'TOKEN_EXPIRED';

/** A login of a portal. Texts that a visitor controls are recorded whatever they contain. Over its limit a text is cut, and `cutFields` of the login names the field. */
export type RecordLoginInput = {
  /** The type of the login. */
  authenticationType: AuthenticationType;
  /** Makes it safe to send the login again: while the first login is retained, the same key with the same content records nothing and returns the first login. At most 256 characters; a time-ordered key (UUIDv7) is the fastest. */
  idempotencyKey?: string | null | undefined;
  /** When the login happened; by default now. If it is more than 5 minutes ahead of the clock of the server, the login gets the time of recording, and this time is recorded as `givenOccurredAt`. */
  occurredAt?: string | null | undefined;
  /** The outcome of the login. */
  outcome: LoginOutcome;
  /** The UUID of the portal. */
  portalId: string;
  /** The id of the account; cut to 256 characters. */
  principalId?: string | null | undefined;
  /** The name of the account; cut to 256 characters. Not part of a log line. */
  principalName?: string | null | undefined;
  /** The requested path; cut to 8 KiB. */
  request?: string | null | undefined;
  /** The address that the login came from: one IPv4 or IPv6 address, also with brackets, a port or a zone. Pass the address that the proxy of your portal vouches for. Any other text is recorded as `givenSourceAddress`. */
  sourceAddress?: string | null | undefined;
  /** The trace id of the login request in your system; cut to 256 characters. It is recorded as `clientTraceId`, and is not part of a log line. */
  traceId?: string | null | undefined;
  /** The user agent, as the browser or program reports it; cut to 2 KiB. */
  userAgent?: string | null | undefined;
};

/** Logins of one portal to record. */
export type RecordLoginsInput = {
  /** 1 to 1,000 logins, in the order in which they happened. */
  logins: Array<LoginInput>;
  /** The UUID of the portal. */
  portalId: string;
};

/** Undelivered ranges to deliver again. */
export type RedeliverInput = {
  /** 1 to 100 ids of ranges, from the query `undelivered`. */
  ids: Array<string>;
  /** For ranges of a removed webhook: the UUID of another webhook of the portal, whose destination gets them. */
  webhookId?: string | null | undefined;
};

/** Why a call was refused. Codes are stable. */
export type RefusalCode =
  /** Another portal, webhook or destination has this id. */
  | 'ALREADY_EXISTS'
  /** A webhook uses the destination. */
  | 'DESTINATION_IN_USE'
  /** Another webhook of the portal that is on sends to the destination: every login would arrive twice. */
  | 'DESTINATION_IN_USE_BY_PORTAL'
  /** An undelivered range that the input names was discarded. */
  | 'DISCARDED'
  /** The idempotency key was used for a login with other content. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** A field of the input is not valid; `fields` names it and gives the reason. */
  | 'INVALID_INPUT'
  /** Another destination, or another webhook of the portal, has this name. */
  | 'NAME_TAKEN'
  /** Something that the input names does not exist. */
  | 'NOT_FOUND'
  /** The portal is retired. */
  | 'PORTAL_RETIRED'
  /** The call needs data that was deleted because its retention time is over. */
  | 'PRUNED'
  /** A replay of the webhook is in progress. */
  | 'REPLAY_RUNNING'
  /** The destination would send a stored secret to another place than it was given for; `fields` names each secret to give again. */
  | 'SECRET_NEEDED'
  /** The portal has as many webhooks as a portal can have. */
  | 'TOO_MANY_WEBHOOKS'
  /** The server cannot do this at the moment; the same call may succeed later. */
  | 'UNAVAILABLE'
  /** The webhook is not configured. */
  | 'WEBHOOK_UNCONFIGURED';

/** A portal to register. */
export type RegisterPortalInput = {
  /** The UUID of the portal, if it has one already; otherwise the server makes one. */
  id?: string | null | undefined;
  /** The name; 1 to 256 characters. */
  name: string;
};

/** The webhook to remove. */
export type RemoveWebhookInput = {
  /** The UUID of the portal. */
  portalId: string;
  /** The UUID of a webhook of the portal; by default the webhook `default`. */
  webhookId?: string | null | undefined;
};

/** A new name for a portal. */
export type RenamePortalInput = {
  /** The UUID of the portal. */
  id: string;
  /** The new name; 1 to 256 characters. */
  name: string;
};

/** A new name for a webhook. */
export type RenameWebhookInput = {
  /** The new name; 1 to 256 characters. No other webhook of the portal may have it. */
  name: string;
  /** The UUID of the portal. */
  portalId: string;
  /** The UUID of the webhook. */
  webhookId: string;
};

/** The status of a replay. */
export type ReplayJobStatus =
  /** The replay was requested and starts at once. */
  | 'ACCEPTED'
  /** A person cancelled the replay. */
  | 'CANCELLED'
  /** All logins were sent, except those that the receiver rejects (`rejectedLogins`). */
  | 'COMPLETED'
  /** A batch of the replay was abandoned (after the last retry or a final answer), or the webhook was removed. */
  | 'FAILED'
  /** The replay waits until the webhook is turned on. */
  | 'PENDING'
  /** The logins are being sent. The batches alternate with first deliveries. */
  | 'RUNNING'
  /** A replay was never requested for the webhook. */
  | 'UNCONFIGURED';

/** Which logins of the time range a replay sends. */
export type ReplayScope =
  /** Every login of that time, also those that were delivered, skipped or discarded. */
  | 'ALL'
  /** Only undelivered logins. */
  | 'UNDELIVERED';

/** Which logins to send again. */
export type RequestReplayInput = {
  /** Send logins that were recorded at this time or earlier. */
  endAt: string;
  /** The UUID of the portal. */
  portalId: string;
  /** Which logins of the time range to send; ALL by default. */
  scope?: ReplayScope | null | undefined;
  /** Send logins that were recorded at this time or later. If logins were pruned, it must be later than the newest of them. */
  startAt: string;
  /** The UUID of a webhook of the portal; by default the webhook `default`. */
  webhookId?: string | null | undefined;
};

/** A portal to retire. */
export type RetirePortalInput = {
  /** The UUID of the portal. */
  id: string;
};

/** The destination to test. */
export type TestDestinationInput = {
  /** The UUID of the destination. */
  id: string;
};

/** Why logins were not delivered. */
export type UndeliveredReason =
  /** The last attempt failed, or the receiver gave a final answer. */
  | 'ABANDONED'
  /** Three recoveries failed. */
  | 'RECOVERIES_FAILED'
  /** The receiver rejects this line alone and takes others. */
  | 'REJECTED'
  /** The receiver answered 413 (too large) to this line alone and takes others. */
  | 'TOO_LARGE'
  /** The webhook was removed before the logins were delivered. */
  | 'WEBHOOK_REMOVED';

/** The state of an undelivered range. */
export type UndeliveredState =
  /** A person called `discardUndelivered`. */
  | 'DISCARDED'
  /** Auditwire no longer sends the range by itself; `reason` gives the cause. A person must call `redeliver` or `discardUndelivered`. */
  | 'NEEDS_ACTION'
  /** A person called `redeliver`. Auditwire delivers the range before all other ranges. */
  | 'REQUESTED'
  /** Auditwire delivers the range again by itself: after the next success of the webhook, or with a probe after 5 minutes, then 10, 20 and 40 minutes, then every hour. */
  | 'WAITING';

/** The changes of a destination. A field that is left out stays as it is. */
export type UpdateDestinationInput = {
  /** The value of the Authorization header, such as `Splunk 8a6b…` or `Bearer …`; at most 4,096 characters of visible ASCII. Blanks and line ends around it are removed. Write-only: it is stored encrypted and never returned. null removes it. */
  authorization?: string | null | undefined;
  /** The certificate authorities to trust instead of the public ones, in PEM; at most 512 KiB. null restores the public ones. */
  caCertificate?: string | null | undefined;
  /** A certificate to present to the receiver (mutual TLS) and the certificates of its issuers, in PEM, in any order; at most 10. Without `clientKey`, it must match the stored key. null removes the certificate and its key. */
  clientCertificate?: string | null | undefined;
  /** The private key of the client certificate: RSA, EC or Ed25519, in PEM, without a passphrase. Write-only: it is stored encrypted and never returned. Without `clientCertificate`, it must match the stored certificate. null removes both. */
  clientKey?: string | null | undefined;
  /** A new endpoint: an absolute https URL without credentials, not in short form; at most 2,048 characters. */
  endpoint?: string | null | undefined;
  /** Headers to send with every request, such as `X-Splunk-Request-Channel`; at most 10, and none that Auditwire or the connection sets (Host, Authorization, User-Agent, Content-*, Transfer-Encoding and the like). The list replaces the present one; null removes all. */
  headers?: Array<UpdateHeaderInput> | null | undefined;
  /** The UUID of the destination. */
  id: string;
  /** The limit of lines a second: 1 to 1,000,000; null removes the limit. */
  linesPerSecond?: number | null | undefined;
  /** The format of the log lines from now on. */
  logFormat?: LogFormat | null | undefined;
  /** The limit of bytes of a batch before compression: 1,000 to 1,048,576; null restores the default. */
  maxBatchBytes?: number | null | undefined;
  /** The limit of lines in a batch: 1 to 500; null restores the default. */
  maxBatchLines?: number | null | undefined;
  /** The limit of requests in flight at a time: 1 to 64. */
  maxInFlight?: number | null | undefined;
  /** A new name; 1 to 256 characters. No other destination may have it. */
  name?: string | null | undefined;
  /** Whether to accept any certificate. */
  skipTlsVerification?: boolean | null | undefined;
};

/** A header to send with every request. */
export type UpdateHeaderInput = {
  /** The name; at most 128 characters. */
  name: string;
  /** A new value; without it, the stored value of this header stays. */
  value?: string | null | undefined;
};

/** One webhook, or all of them. */
export type WebhookChoiceInput =
  {   /** true: every webhook. A subscription includes those that are created later. */
  all: boolean; id?: never; }
  |  { all?: never;   /** The UUID of a webhook of the portal. */
  id: string; };

/** The state of the webhook. */
export type WebhookState =
  /** The last attempt succeeded, or there was no attempt to this destination yet. */
  | 'ACTIVE'
  /** The last attempt failed. Delivery continues. */
  | 'INACTIVE'
  /** The webhook was never configured, or it was removed. */
  | 'UNCONFIGURED';

export type RegisterPortalMutationVariables = Exact<{
  input: RegisterPortalInput;
}>;


export type RegisterPortalMutation = { registerPortal:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RegisterPortalSuccess', portal: { id: string, name: string, registeredAt: string, retiredAt: string | null } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RenamePortalMutationVariables = Exact<{
  input: RenamePortalInput;
}>;


export type RenamePortalMutation = { renamePortal:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RenamePortalSuccess', portal: { id: string, name: string, registeredAt: string, retiredAt: string | null } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RetirePortalMutationVariables = Exact<{
  input: RetirePortalInput;
}>;


export type RetirePortalMutation = { retirePortal:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RetirePortalSuccess', portal: { id: string, name: string, registeredAt: string, retiredAt: string | null } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type CreateDestinationMutationVariables = Exact<{
  input: CreateDestinationInput;
}>;


export type CreateDestinationMutation = { createDestination:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'CreateDestinationSuccess', warnings: Array<string>, destination: { id: string, name: string, endpoint: string, logFormat: LogFormat, hasAuthorization: boolean, authorizationChangedAt: string | null, caCertificate: string | null, clientCertificate: string | null, hasClientKey: boolean, skipTlsVerification: boolean, maxInFlight: number, linesPerSecond: number | null, maxBatchLines: number | null, maxBatchBytes: number | null, headerNames: Array<string>, createdAt: string, updatedAt: string, warnings: Array<string>, health: { state: DestinationHealthState, healthySince: string | null, failingSince: string | null, pausedUntil: string | null, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null } } }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type UpdateDestinationMutationVariables = Exact<{
  input: UpdateDestinationInput;
}>;


export type UpdateDestinationMutation = { updateDestination:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'UpdateDestinationSuccess', warnings: Array<string>, destination: { id: string, name: string, endpoint: string, logFormat: LogFormat, hasAuthorization: boolean, authorizationChangedAt: string | null, caCertificate: string | null, clientCertificate: string | null, hasClientKey: boolean, skipTlsVerification: boolean, maxInFlight: number, linesPerSecond: number | null, maxBatchLines: number | null, maxBatchBytes: number | null, headerNames: Array<string>, createdAt: string, updatedAt: string, warnings: Array<string>, health: { state: DestinationHealthState, healthySince: string | null, failingSince: string | null, pausedUntil: string | null, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null } } }
   };

export type DeleteDestinationMutationVariables = Exact<{
  input: DeleteDestinationInput;
}>;


export type DeleteDestinationMutation = { deleteDestination:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'DeleteDestinationSuccess', id: string }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type TestDestinationMutationVariables = Exact<{
  input: TestDestinationInput;
}>;


export type TestDestinationMutation = { testDestination:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'TestDestinationSuccess', delivered: boolean, attemptedAt: string, durationMs: number, phase: DeliveryPhase | null, responseCode: number | null, message: string, responseExcerpt: string | null, warning: string | null }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type ConfigureWebhookMutationVariables = Exact<{
  input: ConfigureWebhookInput;
}>;


export type ConfigureWebhookMutation = { configureWebhook:
    | { __typename: 'ConfigureWebhookSuccess', webhook: { name: string, enabled: boolean, configuredAt: string | null, id: string, destination: { id: string, name: string, endpoint: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null } } }
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type CreateWebhookMutationVariables = Exact<{
  input: CreateWebhookInput;
}>;


export type CreateWebhookMutation = { createWebhook:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'CreateWebhookSuccess', webhook: { name: string, enabled: boolean, configuredAt: string | null, id: string, destination: { id: string, name: string, endpoint: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null } } }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RenameWebhookMutationVariables = Exact<{
  input: RenameWebhookInput;
}>;


export type RenameWebhookMutation = { renameWebhook:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RenameWebhookSuccess', webhook: { name: string, enabled: boolean, configuredAt: string | null, id: string, destination: { id: string, name: string, endpoint: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null } } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RemoveWebhookMutationVariables = Exact<{
  input: RemoveWebhookInput;
}>;


export type RemoveWebhookMutation = { removeWebhook:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RemoveWebhookSuccess', webhook: { name: string, enabled: boolean, configuredAt: string | null, id: string, destination: { id: string, name: string, endpoint: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null } } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RecordLoginMutationVariables = Exact<{
  input: RecordLoginInput;
}>;


export type RecordLoginMutation = { recordLogin:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RecordLoginSuccess', isNew: boolean, login: { portalId: string, position: string, authenticationType: AuthenticationType, outcome: LoginOutcome, sourceAddress: string | null, givenSourceAddress: string | null, request: string, principalId: string, principalName: string, userAgent: string, traceId: string, clientTraceId: string | null, idempotencyKey: string | null, occurredAt: string, givenOccurredAt: string | null, recordedAt: string, cutFields: Array<string> } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RecordLoginsMutationVariables = Exact<{
  input: RecordLoginsInput;
}>;


export type RecordLoginsMutation = { recordLogins:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RecordLoginsSuccess', logins: Array<{ position: string, traceId: string, clientTraceId: string | null, cutFields: Array<string> }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type WebhookStatusChangedSubscriptionVariables = Exact<{
  portalId?: string | null | undefined;
  webhooks?: WebhookChoiceInput | null | undefined;
  after?: string | null | undefined;
}>;


export type WebhookStatusChangedSubscription = { webhookStatusChanged: { position: string, webhook: { name: string, portalId: string, portalName: string, portalRetiredAt: string | null, id: string, destination: { id: string, name: string } | null }, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null } } };

export type DeliveryAttemptedSubscriptionVariables = Exact<{
  portalId: string;
  webhooks?: WebhookChoiceInput | null | undefined;
  after?: string | null | undefined;
}>;


export type DeliveryAttemptedSubscription = { deliveryAttempted: { position: string, attempt: { deliveryId: string, webhookId: string, attemptNumber: number, attemptedAt: string, durationMs: number, delivered: boolean, responseCode: number | null, message: string, phase: DeliveryPhase | null, responseExcerpt: string | null, warning: string | null, retryDueAt: string | null } } };

export type LoginRecordedSubscriptionVariables = Exact<{
  portalId: string;
  after?: string | null | undefined;
}>;


export type LoginRecordedSubscription = { loginRecorded: { position: string, login: { portalId: string, position: string, authenticationType: AuthenticationType, outcome: LoginOutcome, sourceAddress: string | null, givenSourceAddress: string | null, request: string, principalId: string, principalName: string, userAgent: string, traceId: string, clientTraceId: string | null, idempotencyKey: string | null, occurredAt: string, givenOccurredAt: string | null, recordedAt: string, cutFields: Array<string> } } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { tokenName: string, organizationId: string, serverVersion: string, position: string } };

export type PortalsQueryVariables = Exact<{
  includeRetired?: boolean | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type PortalsQuery = { portals: { edges: Array<{ node: { id: string, name: string, registeredAt: string, retiredAt: string | null, webhooks: Array<{ name: string, enabled: boolean, configuredAt: string | null, id: string, destination: { id: string, name: string, endpoint: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null } }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type PortalWebhooksQueryVariables = Exact<{
  portalId: string;
}>;


export type PortalWebhooksQuery = { portal: { id: string, name: string, holdsBackMost: { id: string } | null, webhooks: Array<{ name: string, enabled: boolean, configuredAt: string | null, id: string, destination: { id: string, name: string, endpoint: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null } }> } | null };

export type DestinationsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DestinationsQuery = { destinations: { edges: Array<{ node: { id: string, name: string, endpoint: string, logFormat: LogFormat, hasAuthorization: boolean, authorizationChangedAt: string | null, caCertificate: string | null, clientCertificate: string | null, hasClientKey: boolean, skipTlsVerification: boolean, maxInFlight: number, linesPerSecond: number | null, maxBatchLines: number | null, maxBatchBytes: number | null, headerNames: Array<string>, createdAt: string, updatedAt: string, warnings: Array<string>, health: { state: DestinationHealthState, healthySince: string | null, failingSince: string | null, pausedUntil: string | null, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type LoginsQueryVariables = Exact<{
  portalId: string;
  filter?: LoginFilterInput | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type LoginsQuery = { logins: { edges: Array<{ node: { portalId: string, position: string, authenticationType: AuthenticationType, outcome: LoginOutcome, sourceAddress: string | null, givenSourceAddress: string | null, request: string, principalId: string, principalName: string, userAgent: string, traceId: string, clientTraceId: string | null, idempotencyKey: string | null, occurredAt: string, givenOccurredAt: string | null, recordedAt: string, cutFields: Array<string> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type DeliveriesQueryVariables = Exact<{
  portalId: string;
  webhooks?: WebhookChoiceInput | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DeliveriesQuery = { deliveries: { edges: Array<{ node: { id: string, webhookId: string, state: DeliveryState, purpose: DeliveryPurpose, loginCount: number, startedAt: string, endedAt: string | null, attempts: Array<{ deliveryId: string, webhookId: string, attemptNumber: number, attemptedAt: string, durationMs: number, delivered: boolean, responseCode: number | null, message: string, phase: DeliveryPhase | null, responseExcerpt: string | null, warning: string | null, retryDueAt: string | null }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type UndeliveredQueryVariables = Exact<{
  portalId: string;
  webhooks?: WebhookChoiceInput | null | undefined;
  states?: Array<UndeliveredState> | UndeliveredState | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type UndeliveredQuery = { undelivered: { edges: Array<{ node: { id: string, webhookId: string, throughWebhookId: string | null, state: UndeliveredState, reason: UndeliveredReason, loginCount: number, firstRecordedAt: string | null, lastRecordedAt: string | null, abandonedAt: string, lastResponseCode: number | null, lastResponseMessage: string | null, lastResponseExcerpt: string | null, attempts: number, recoveries: number, discardedAt: string | null, discardedBy: string | null, discardedReason: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RedeliverMutationVariables = Exact<{
  input: RedeliverInput;
}>;


export type RedeliverMutation = { redeliver:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RedeliverSuccess', ranges: Array<{ id: string, webhookId: string, throughWebhookId: string | null, state: UndeliveredState, reason: UndeliveredReason, loginCount: number, firstRecordedAt: string | null, lastRecordedAt: string | null, abandonedAt: string, lastResponseCode: number | null, lastResponseMessage: string | null, lastResponseExcerpt: string | null, attempts: number, recoveries: number, discardedAt: string | null, discardedBy: string | null, discardedReason: string | null }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type DiscardUndeliveredMutationVariables = Exact<{
  input: DiscardUndeliveredInput;
}>;


export type DiscardUndeliveredMutation = { discardUndelivered:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'DiscardUndeliveredSuccess', ranges: Array<{ id: string, webhookId: string, throughWebhookId: string | null, state: UndeliveredState, reason: UndeliveredReason, loginCount: number, firstRecordedAt: string | null, lastRecordedAt: string | null, abandonedAt: string, lastResponseCode: number | null, lastResponseMessage: string | null, lastResponseExcerpt: string | null, attempts: number, recoveries: number, discardedAt: string | null, discardedBy: string | null, discardedReason: string | null }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RequestReplayMutationVariables = Exact<{
  input: RequestReplayInput;
}>;


export type RequestReplayMutation = { requestReplay:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RequestReplaySuccess', replayJob: { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, rejected: number, message: string | null, requestedAt: string | null, updatedAt: string | null, rejectedLogins: Array<{ position: string }> } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type CancelReplayMutationVariables = Exact<{
  input: CancelReplayInput;
}>;


export type CancelReplayMutation = { cancelReplay:
    | { __typename: 'CancelReplaySuccess', replayJob: { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, rejected: number, message: string | null, requestedAt: string | null, updatedAt: string | null, rejectedLogins: Array<{ position: string }> } }
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type ReplayJobQueryVariables = Exact<{
  portalId: string;
  webhookId?: string | null | undefined;
}>;


export type ReplayJobQuery = { replayJob: { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, rejected: number, message: string | null, requestedAt: string | null, updatedAt: string | null, rejectedLogins: Array<{ position: string }> } };

export type ReplayJobChangedSubscriptionVariables = Exact<{
  portalId: string;
  webhooks?: WebhookChoiceInput | null | undefined;
  after?: string | null | undefined;
}>;


export type ReplayJobChangedSubscription = { replayJobChanged: { position: string, webhookId: string, replayJob: { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, rejected: number, message: string | null, requestedAt: string | null, updatedAt: string | null, rejectedLogins: Array<{ position: string }> } } };

export type PortalFieldsFragment = { id: string, name: string, registeredAt: string, retiredAt: string | null };

export type DestinationFieldsFragment = { id: string, name: string, endpoint: string, logFormat: LogFormat, hasAuthorization: boolean, authorizationChangedAt: string | null, caCertificate: string | null, clientCertificate: string | null, hasClientKey: boolean, skipTlsVerification: boolean, maxInFlight: number, linesPerSecond: number | null, maxBatchLines: number | null, maxBatchBytes: number | null, headerNames: Array<string>, createdAt: string, updatedAt: string, warnings: Array<string>, health: { state: DestinationHealthState, healthySince: string | null, failingSince: string | null, pausedUntil: string | null, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null } };

export type WebhookFieldsFragment = { name: string, enabled: boolean, configuredAt: string | null, id: string, destination: { id: string, name: string, endpoint: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null } };

export type UndeliveredFieldsFragment = { id: string, webhookId: string, throughWebhookId: string | null, state: UndeliveredState, reason: UndeliveredReason, loginCount: number, firstRecordedAt: string | null, lastRecordedAt: string | null, abandonedAt: string, lastResponseCode: number | null, lastResponseMessage: string | null, lastResponseExcerpt: string | null, attempts: number, recoveries: number, discardedAt: string | null, discardedBy: string | null, discardedReason: string | null };

export type ReplayJobFieldsFragment = { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, rejected: number, message: string | null, requestedAt: string | null, updatedAt: string | null, rejectedLogins: Array<{ position: string }> };

export type StatusFieldsFragment = { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, warning: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number, holdsLoginsSince: string | null };

export type AttemptFieldsFragment = { deliveryId: string, webhookId: string, attemptNumber: number, attemptedAt: string, durationMs: number, delivered: boolean, responseCode: number | null, message: string, phase: DeliveryPhase | null, responseExcerpt: string | null, warning: string | null, retryDueAt: string | null };

export type LoginFieldsFragment = { portalId: string, position: string, authenticationType: AuthenticationType, outcome: LoginOutcome, sourceAddress: string | null, givenSourceAddress: string | null, request: string, principalId: string, principalName: string, userAgent: string, traceId: string, clientTraceId: string | null, idempotencyKey: string | null, occurredAt: string, givenOccurredAt: string | null, recordedAt: string, cutFields: Array<string> };

type RefusalFields_Conflict_Fragment = { message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> };

type RefusalFields_InvalidInput_Fragment = { message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> };

type RefusalFields_NotFound_Fragment = { message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> };

type RefusalFields_Unavailable_Fragment = { message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> };

export type RefusalFieldsFragment =
  | RefusalFields_Conflict_Fragment
  | RefusalFields_InvalidInput_Fragment
  | RefusalFields_NotFound_Fragment
  | RefusalFields_Unavailable_Fragment
;

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const PortalFieldsFragmentDoc = new TypedDocumentString(`
    fragment PortalFields on Portal {
  id
  name
  registeredAt
  retiredAt
}
    `, {"fragmentName":"PortalFields"}) as unknown as TypedDocumentString<PortalFieldsFragment, unknown>;
export const DestinationFieldsFragmentDoc = new TypedDocumentString(`
    fragment DestinationFields on Destination {
  id
  name
  endpoint
  logFormat
  hasAuthorization
  authorizationChangedAt
  caCertificate
  clientCertificate
  hasClientKey
  skipTlsVerification
  maxInFlight
  linesPerSecond
  maxBatchLines
  maxBatchBytes
  headerNames
  createdAt
  updatedAt
  warnings
  health {
    state
    healthySince
    failingSince
    pausedUntil
    lastAttemptAt
    lastResponseCode
    lastResponseMessage
  }
}
    `, {"fragmentName":"DestinationFields"}) as unknown as TypedDocumentString<DestinationFieldsFragment, unknown>;
export const StatusFieldsFragmentDoc = new TypedDocumentString(`
    fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}
    `, {"fragmentName":"StatusFields"}) as unknown as TypedDocumentString<StatusFieldsFragment, unknown>;
export const WebhookFieldsFragmentDoc = new TypedDocumentString(`
    fragment WebhookFields on Webhook {
  id: webhookId
  name
  enabled
  configuredAt
  destination {
    id
    name
    endpoint
  }
  status {
    ...StatusFields
  }
}
    fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}`, {"fragmentName":"WebhookFields"}) as unknown as TypedDocumentString<WebhookFieldsFragment, unknown>;
export const UndeliveredFieldsFragmentDoc = new TypedDocumentString(`
    fragment UndeliveredFields on UndeliveredRange {
  id
  webhookId
  throughWebhookId
  state
  reason
  loginCount
  firstRecordedAt
  lastRecordedAt
  abandonedAt
  lastResponseCode
  lastResponseMessage
  lastResponseExcerpt
  attempts
  recoveries
  discardedAt
  discardedBy
  discardedReason
}
    `, {"fragmentName":"UndeliveredFields"}) as unknown as TypedDocumentString<UndeliveredFieldsFragment, unknown>;
export const ReplayJobFieldsFragmentDoc = new TypedDocumentString(`
    fragment ReplayJobFields on ReplayJob {
  id
  status
  startAt
  endAt
  scope
  total
  sent
  rejected
  rejectedLogins {
    position
  }
  message
  requestedAt
  updatedAt
}
    `, {"fragmentName":"ReplayJobFields"}) as unknown as TypedDocumentString<ReplayJobFieldsFragment, unknown>;
export const AttemptFieldsFragmentDoc = new TypedDocumentString(`
    fragment AttemptFields on DeliveryAttempt {
  deliveryId
  webhookId
  attemptNumber
  attemptedAt
  durationMs
  delivered
  responseCode
  message
  phase
  responseExcerpt
  warning
  retryDueAt
}
    `, {"fragmentName":"AttemptFields"}) as unknown as TypedDocumentString<AttemptFieldsFragment, unknown>;
export const LoginFieldsFragmentDoc = new TypedDocumentString(`
    fragment LoginFields on Login {
  portalId
  position
  authenticationType
  outcome
  sourceAddress
  givenSourceAddress
  request
  principalId
  principalName
  userAgent
  traceId
  clientTraceId
  idempotencyKey
  occurredAt
  givenOccurredAt
  recordedAt
  cutFields
}
    `, {"fragmentName":"LoginFields"}) as unknown as TypedDocumentString<LoginFieldsFragment, unknown>;
export const RefusalFieldsFragmentDoc = new TypedDocumentString(`
    fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}
    `, {"fragmentName":"RefusalFields"}) as unknown as TypedDocumentString<RefusalFieldsFragment, unknown>;
export const RegisterPortalDocument = new TypedDocumentString(`
    mutation RegisterPortal($input: RegisterPortalInput!) {
  registerPortal(input: $input) {
    __typename
    ... on RegisterPortalSuccess {
      portal {
        ...PortalFields
      }
    }
    ...RefusalFields
  }
}
    fragment PortalFields on Portal {
  id
  name
  registeredAt
  retiredAt
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RegisterPortalMutation, RegisterPortalMutationVariables>;
export const RenamePortalDocument = new TypedDocumentString(`
    mutation RenamePortal($input: RenamePortalInput!) {
  renamePortal(input: $input) {
    __typename
    ... on RenamePortalSuccess {
      portal {
        ...PortalFields
      }
    }
    ...RefusalFields
  }
}
    fragment PortalFields on Portal {
  id
  name
  registeredAt
  retiredAt
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RenamePortalMutation, RenamePortalMutationVariables>;
export const RetirePortalDocument = new TypedDocumentString(`
    mutation RetirePortal($input: RetirePortalInput!) {
  retirePortal(input: $input) {
    __typename
    ... on RetirePortalSuccess {
      portal {
        ...PortalFields
      }
    }
    ...RefusalFields
  }
}
    fragment PortalFields on Portal {
  id
  name
  registeredAt
  retiredAt
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RetirePortalMutation, RetirePortalMutationVariables>;
export const CreateDestinationDocument = new TypedDocumentString(`
    mutation CreateDestination($input: CreateDestinationInput!) {
  createDestination(input: $input) {
    __typename
    ... on CreateDestinationSuccess {
      destination {
        ...DestinationFields
      }
      warnings
    }
    ...RefusalFields
  }
}
    fragment DestinationFields on Destination {
  id
  name
  endpoint
  logFormat
  hasAuthorization
  authorizationChangedAt
  caCertificate
  clientCertificate
  hasClientKey
  skipTlsVerification
  maxInFlight
  linesPerSecond
  maxBatchLines
  maxBatchBytes
  headerNames
  createdAt
  updatedAt
  warnings
  health {
    state
    healthySince
    failingSince
    pausedUntil
    lastAttemptAt
    lastResponseCode
    lastResponseMessage
  }
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<CreateDestinationMutation, CreateDestinationMutationVariables>;
export const UpdateDestinationDocument = new TypedDocumentString(`
    mutation UpdateDestination($input: UpdateDestinationInput!) {
  updateDestination(input: $input) {
    __typename
    ... on UpdateDestinationSuccess {
      destination {
        ...DestinationFields
      }
      warnings
    }
    ...RefusalFields
  }
}
    fragment DestinationFields on Destination {
  id
  name
  endpoint
  logFormat
  hasAuthorization
  authorizationChangedAt
  caCertificate
  clientCertificate
  hasClientKey
  skipTlsVerification
  maxInFlight
  linesPerSecond
  maxBatchLines
  maxBatchBytes
  headerNames
  createdAt
  updatedAt
  warnings
  health {
    state
    healthySince
    failingSince
    pausedUntil
    lastAttemptAt
    lastResponseCode
    lastResponseMessage
  }
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<UpdateDestinationMutation, UpdateDestinationMutationVariables>;
export const DeleteDestinationDocument = new TypedDocumentString(`
    mutation DeleteDestination($input: DeleteDestinationInput!) {
  deleteDestination(input: $input) {
    __typename
    ... on DeleteDestinationSuccess {
      id
    }
    ...RefusalFields
  }
}
    fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<DeleteDestinationMutation, DeleteDestinationMutationVariables>;
export const TestDestinationDocument = new TypedDocumentString(`
    mutation TestDestination($input: TestDestinationInput!) {
  testDestination(input: $input) {
    __typename
    ... on TestDestinationSuccess {
      delivered
      attemptedAt
      durationMs
      phase
      responseCode
      message
      responseExcerpt
      warning
    }
    ...RefusalFields
  }
}
    fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<TestDestinationMutation, TestDestinationMutationVariables>;
export const ConfigureWebhookDocument = new TypedDocumentString(`
    mutation ConfigureWebhook($input: ConfigureWebhookInput!) {
  configureWebhook(input: $input) {
    __typename
    ... on ConfigureWebhookSuccess {
      webhook {
        ...WebhookFields
      }
    }
    ...RefusalFields
  }
}
    fragment WebhookFields on Webhook {
  id: webhookId
  name
  enabled
  configuredAt
  destination {
    id
    name
    endpoint
  }
  status {
    ...StatusFields
  }
}
fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<ConfigureWebhookMutation, ConfigureWebhookMutationVariables>;
export const CreateWebhookDocument = new TypedDocumentString(`
    mutation CreateWebhook($input: CreateWebhookInput!) {
  createWebhook(input: $input) {
    __typename
    ... on CreateWebhookSuccess {
      webhook {
        ...WebhookFields
      }
    }
    ...RefusalFields
  }
}
    fragment WebhookFields on Webhook {
  id: webhookId
  name
  enabled
  configuredAt
  destination {
    id
    name
    endpoint
  }
  status {
    ...StatusFields
  }
}
fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<CreateWebhookMutation, CreateWebhookMutationVariables>;
export const RenameWebhookDocument = new TypedDocumentString(`
    mutation RenameWebhook($input: RenameWebhookInput!) {
  renameWebhook(input: $input) {
    __typename
    ... on RenameWebhookSuccess {
      webhook {
        ...WebhookFields
      }
    }
    ...RefusalFields
  }
}
    fragment WebhookFields on Webhook {
  id: webhookId
  name
  enabled
  configuredAt
  destination {
    id
    name
    endpoint
  }
  status {
    ...StatusFields
  }
}
fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RenameWebhookMutation, RenameWebhookMutationVariables>;
export const RemoveWebhookDocument = new TypedDocumentString(`
    mutation RemoveWebhook($input: RemoveWebhookInput!) {
  removeWebhook(input: $input) {
    __typename
    ... on RemoveWebhookSuccess {
      webhook {
        ...WebhookFields
      }
    }
    ...RefusalFields
  }
}
    fragment WebhookFields on Webhook {
  id: webhookId
  name
  enabled
  configuredAt
  destination {
    id
    name
    endpoint
  }
  status {
    ...StatusFields
  }
}
fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RemoveWebhookMutation, RemoveWebhookMutationVariables>;
export const RecordLoginDocument = new TypedDocumentString(`
    mutation RecordLogin($input: RecordLoginInput!) {
  recordLogin(input: $input) {
    __typename
    ... on RecordLoginSuccess {
      isNew
      login {
        ...LoginFields
      }
    }
    ...RefusalFields
  }
}
    fragment LoginFields on Login {
  portalId
  position
  authenticationType
  outcome
  sourceAddress
  givenSourceAddress
  request
  principalId
  principalName
  userAgent
  traceId
  clientTraceId
  idempotencyKey
  occurredAt
  givenOccurredAt
  recordedAt
  cutFields
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RecordLoginMutation, RecordLoginMutationVariables>;
export const RecordLoginsDocument = new TypedDocumentString(`
    mutation RecordLogins($input: RecordLoginsInput!) {
  recordLogins(input: $input) {
    __typename
    ... on RecordLoginsSuccess {
      logins {
        position
        traceId
        clientTraceId
        cutFields
      }
    }
    ...RefusalFields
  }
}
    fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RecordLoginsMutation, RecordLoginsMutationVariables>;
export const WebhookStatusChangedDocument = new TypedDocumentString(`
    subscription WebhookStatusChanged($portalId: ID, $webhooks: WebhookChoiceInput, $after: String) {
  webhookStatusChanged(portalId: $portalId, webhooks: $webhooks, after: $after) {
    position
    webhook {
      id: webhookId
      name
      destination {
        id
        name
      }
      portalId
      portalName
      portalRetiredAt
    }
    status {
      ...StatusFields
    }
  }
}
    fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}`) as unknown as TypedDocumentString<WebhookStatusChangedSubscription, WebhookStatusChangedSubscriptionVariables>;
export const DeliveryAttemptedDocument = new TypedDocumentString(`
    subscription DeliveryAttempted($portalId: ID!, $webhooks: WebhookChoiceInput, $after: String) {
  deliveryAttempted(portalId: $portalId, webhooks: $webhooks, after: $after) {
    position
    attempt {
      ...AttemptFields
    }
  }
}
    fragment AttemptFields on DeliveryAttempt {
  deliveryId
  webhookId
  attemptNumber
  attemptedAt
  durationMs
  delivered
  responseCode
  message
  phase
  responseExcerpt
  warning
  retryDueAt
}`) as unknown as TypedDocumentString<DeliveryAttemptedSubscription, DeliveryAttemptedSubscriptionVariables>;
export const LoginRecordedDocument = new TypedDocumentString(`
    subscription LoginRecorded($portalId: ID!, $after: String) {
  loginRecorded(portalId: $portalId, after: $after) {
    position
    login {
      ...LoginFields
    }
  }
}
    fragment LoginFields on Login {
  portalId
  position
  authenticationType
  outcome
  sourceAddress
  givenSourceAddress
  request
  principalId
  principalName
  userAgent
  traceId
  clientTraceId
  idempotencyKey
  occurredAt
  givenOccurredAt
  recordedAt
  cutFields
}`) as unknown as TypedDocumentString<LoginRecordedSubscription, LoginRecordedSubscriptionVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    tokenName
    organizationId
    serverVersion
    position
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const PortalsDocument = new TypedDocumentString(`
    query Portals($includeRetired: Boolean = false, $first: Int = 20, $after: String) {
  portals(includeRetired: $includeRetired, first: $first, after: $after) {
    edges {
      node {
        ...PortalFields
        webhooks {
          ...WebhookFields
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment PortalFields on Portal {
  id
  name
  registeredAt
  retiredAt
}
fragment WebhookFields on Webhook {
  id: webhookId
  name
  enabled
  configuredAt
  destination {
    id
    name
    endpoint
  }
  status {
    ...StatusFields
  }
}
fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}`) as unknown as TypedDocumentString<PortalsQuery, PortalsQueryVariables>;
export const PortalWebhooksDocument = new TypedDocumentString(`
    query PortalWebhooks($portalId: ID!) {
  portal(id: $portalId) {
    id
    name
    holdsBackMost {
      id: webhookId
    }
    webhooks {
      ...WebhookFields
    }
  }
}
    fragment WebhookFields on Webhook {
  id: webhookId
  name
  enabled
  configuredAt
  destination {
    id
    name
    endpoint
  }
  status {
    ...StatusFields
  }
}
fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
  warning
  pending
  oldestPendingAt
  nextAttemptAt
  consecutiveFailures
  deliveredTotal
  undeliveredTotal
  oldestUndeliveredAt
  undeliveredExpiresAt
  needsActionTotal
  discardedTotal
  holdsLoginsSince
}`) as unknown as TypedDocumentString<PortalWebhooksQuery, PortalWebhooksQueryVariables>;
export const DestinationsDocument = new TypedDocumentString(`
    query Destinations($first: Int = 20, $after: String) {
  destinations(first: $first, after: $after) {
    edges {
      node {
        ...DestinationFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment DestinationFields on Destination {
  id
  name
  endpoint
  logFormat
  hasAuthorization
  authorizationChangedAt
  caCertificate
  clientCertificate
  hasClientKey
  skipTlsVerification
  maxInFlight
  linesPerSecond
  maxBatchLines
  maxBatchBytes
  headerNames
  createdAt
  updatedAt
  warnings
  health {
    state
    healthySince
    failingSince
    pausedUntil
    lastAttemptAt
    lastResponseCode
    lastResponseMessage
  }
}`) as unknown as TypedDocumentString<DestinationsQuery, DestinationsQueryVariables>;
export const LoginsDocument = new TypedDocumentString(`
    query Logins($portalId: ID!, $filter: LoginFilterInput, $first: Int = 20, $after: String) {
  logins(portalId: $portalId, filter: $filter, first: $first, after: $after) {
    edges {
      node {
        ...LoginFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment LoginFields on Login {
  portalId
  position
  authenticationType
  outcome
  sourceAddress
  givenSourceAddress
  request
  principalId
  principalName
  userAgent
  traceId
  clientTraceId
  idempotencyKey
  occurredAt
  givenOccurredAt
  recordedAt
  cutFields
}`) as unknown as TypedDocumentString<LoginsQuery, LoginsQueryVariables>;
export const DeliveriesDocument = new TypedDocumentString(`
    query Deliveries($portalId: ID!, $webhooks: WebhookChoiceInput, $first: Int = 20, $after: String) {
  deliveries(
    portalId: $portalId
    webhooks: $webhooks
    first: $first
    after: $after
  ) {
    edges {
      node {
        id
        webhookId
        state
        purpose
        loginCount
        startedAt
        endedAt
        attempts {
          ...AttemptFields
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment AttemptFields on DeliveryAttempt {
  deliveryId
  webhookId
  attemptNumber
  attemptedAt
  durationMs
  delivered
  responseCode
  message
  phase
  responseExcerpt
  warning
  retryDueAt
}`) as unknown as TypedDocumentString<DeliveriesQuery, DeliveriesQueryVariables>;
export const UndeliveredDocument = new TypedDocumentString(`
    query Undelivered($portalId: ID!, $webhooks: WebhookChoiceInput, $states: [UndeliveredState!], $first: Int = 20, $after: String) {
  undelivered(
    portalId: $portalId
    webhooks: $webhooks
    states: $states
    first: $first
    after: $after
  ) {
    edges {
      node {
        ...UndeliveredFields
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment UndeliveredFields on UndeliveredRange {
  id
  webhookId
  throughWebhookId
  state
  reason
  loginCount
  firstRecordedAt
  lastRecordedAt
  abandonedAt
  lastResponseCode
  lastResponseMessage
  lastResponseExcerpt
  attempts
  recoveries
  discardedAt
  discardedBy
  discardedReason
}`) as unknown as TypedDocumentString<UndeliveredQuery, UndeliveredQueryVariables>;
export const RedeliverDocument = new TypedDocumentString(`
    mutation Redeliver($input: RedeliverInput!) {
  redeliver(input: $input) {
    __typename
    ... on RedeliverSuccess {
      ranges {
        ...UndeliveredFields
      }
    }
    ...RefusalFields
  }
}
    fragment UndeliveredFields on UndeliveredRange {
  id
  webhookId
  throughWebhookId
  state
  reason
  loginCount
  firstRecordedAt
  lastRecordedAt
  abandonedAt
  lastResponseCode
  lastResponseMessage
  lastResponseExcerpt
  attempts
  recoveries
  discardedAt
  discardedBy
  discardedReason
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RedeliverMutation, RedeliverMutationVariables>;
export const DiscardUndeliveredDocument = new TypedDocumentString(`
    mutation DiscardUndelivered($input: DiscardUndeliveredInput!) {
  discardUndelivered(input: $input) {
    __typename
    ... on DiscardUndeliveredSuccess {
      ranges {
        ...UndeliveredFields
      }
    }
    ...RefusalFields
  }
}
    fragment UndeliveredFields on UndeliveredRange {
  id
  webhookId
  throughWebhookId
  state
  reason
  loginCount
  firstRecordedAt
  lastRecordedAt
  abandonedAt
  lastResponseCode
  lastResponseMessage
  lastResponseExcerpt
  attempts
  recoveries
  discardedAt
  discardedBy
  discardedReason
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<DiscardUndeliveredMutation, DiscardUndeliveredMutationVariables>;
export const RequestReplayDocument = new TypedDocumentString(`
    mutation RequestReplay($input: RequestReplayInput!) {
  requestReplay(input: $input) {
    __typename
    ... on RequestReplaySuccess {
      replayJob {
        ...ReplayJobFields
      }
    }
    ...RefusalFields
  }
}
    fragment ReplayJobFields on ReplayJob {
  id
  status
  startAt
  endAt
  scope
  total
  sent
  rejected
  rejectedLogins {
    position
  }
  message
  requestedAt
  updatedAt
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<RequestReplayMutation, RequestReplayMutationVariables>;
export const CancelReplayDocument = new TypedDocumentString(`
    mutation CancelReplay($input: CancelReplayInput!) {
  cancelReplay(input: $input) {
    __typename
    ... on CancelReplaySuccess {
      replayJob {
        ...ReplayJobFields
      }
    }
    ...RefusalFields
  }
}
    fragment ReplayJobFields on ReplayJob {
  id
  status
  startAt
  endAt
  scope
  total
  sent
  rejected
  rejectedLogins {
    position
  }
  message
  requestedAt
  updatedAt
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<CancelReplayMutation, CancelReplayMutationVariables>;
export const ReplayJobDocument = new TypedDocumentString(`
    query ReplayJob($portalId: ID!, $webhookId: ID) {
  replayJob(portalId: $portalId, webhookId: $webhookId) {
    ...ReplayJobFields
  }
}
    fragment ReplayJobFields on ReplayJob {
  id
  status
  startAt
  endAt
  scope
  total
  sent
  rejected
  rejectedLogins {
    position
  }
  message
  requestedAt
  updatedAt
}`) as unknown as TypedDocumentString<ReplayJobQuery, ReplayJobQueryVariables>;
export const ReplayJobChangedDocument = new TypedDocumentString(`
    subscription ReplayJobChanged($portalId: ID!, $webhooks: WebhookChoiceInput, $after: String) {
  replayJobChanged(portalId: $portalId, webhooks: $webhooks, after: $after) {
    position
    webhookId
    replayJob {
      ...ReplayJobFields
    }
  }
}
    fragment ReplayJobFields on ReplayJob {
  id
  status
  startAt
  endAt
  scope
  total
  sent
  rejected
  rejectedLogins {
    position
  }
  message
  requestedAt
  updatedAt
}`) as unknown as TypedDocumentString<ReplayJobChangedSubscription, ReplayJobChangedSubscriptionVariables>;