/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How someone logged in: `AUTHENTICATION_TYPE_…` in a log line. */
export type AuthenticationType =
  /** Name and password. */
  | 'BASIC'
  /** An identity of another organisation. */
  | 'FEDERATED'
  /** An account of GitHub. */
  | 'GITHUB'
  /** An account of Google. */
  | 'GOOGLE'
  /** It could not be told how. */
  | 'INVALID'
  /** A personal access token. */
  | 'PAT'
  /** A system account access token. */
  | 'SPAT'
  /** Single sign-on. */
  | 'SSO'
  /** An account of Microsoft. */
  | 'WINDOWSLIVE';

/** The replay to end. */
export type CancelReplayInput = {
  /** The UUID of its portal. */
  portalId: string;
};

/** Which of the logins that were recorded while a webhook was off are delivered when it is turned on. */
export type CatchUp =
  /** With the next login. What was recorded while it was off is passed over; requestReplay can send it. */
  | 'FROM_NOW'
  /** With the first login of the time `since`. */
  | 'SINCE'
  /** With the first login that was recorded since it was last on, or ever, if it never was; as far as logins are retained. */
  | 'SINCE_LAST_ON';

/** What to change of the webhook of a portal. A field left out stays as it is. */
export type ConfigureWebhookInput = {
  /** Where to begin when it is turned on; FROM_NOW by default. */
  catchUp?: CatchUp | null | undefined;
  /** The UUID of the destination to send to; needed the first time. */
  destinationId?: string | null | undefined;
  /** Whether to send; false until it is set. */
  enabled?: boolean | null | undefined;
  /** The UUID of the portal. */
  portalId: string;
  /** With `catchUp: SINCE`: logins recorded at this time or later, as far as it was off. */
  since?: string | null | undefined;
};

/** A destination to create. */
export type CreateDestinationInput = {
  /** Sent in the Authorization header exactly as given, such as `Splunk 8a6b…` or `Bearer …`; at most 4,096 characters of visible ASCII. Write-only: it is sealed and never shown. Without it, no such header is sent. */
  authorization?: string | null | undefined;
  /** Certificate authorities to trust instead of the public ones, in PEM; at most 64 KiB. A self-signed certificate is its own authority. */
  caCertificate?: string | null | undefined;
  /** A certificate to show to the receiver (mutual TLS), in PEM, followed by those it was issued by; at most 64 KiB. Needed with `clientKey`. */
  clientCertificate?: string | null | undefined;
  /** The private key of the client certificate: RSA, EC or Ed25519, in PEM, without a passphrase. Write-only: it is sealed and never shown. Needed with `clientCertificate`. */
  clientKey?: string | null | undefined;
  /** An absolute https URL without credentials; at most 2,048 characters. */
  endpoint: string;
  /** Most lines a second, over all portals that send there: 1 to 1,000,000; no limit by default. */
  linesPerSecond?: number | null | undefined;
  /** How lines are written; CEF by default. */
  logFormat?: LogFormat | null | undefined;
  /** Most requests under way at a time, over all portals that send there: 1 to 64, 16 by default. */
  maxInFlight?: number | null | undefined;
  /** What people call it; 1 to 256 characters, not in use. */
  name: string;
  /** Accept any certificate; false by default. For tests only: prefer `caCertificate`. */
  skipTlsVerification?: boolean | null | undefined;
};

/** How far a try came. */
export type DeliveryPhase =
  /** A status was read. Every success ends here. */
  | 'BODY'
  /** Reaching the address, through the egress proxy where one is set. */
  | 'CONNECT'
  /** The request was sent; no status with its headers came back. */
  | 'HEADERS'
  /** Finding the address: the name was looked up, or the address was refused. */
  | 'RESOLVE'
  /** Agreeing on TLS, with the certificates of both sides. */
  | 'TLS';

/** Why a batch is sent. */
export type DeliveryPurpose =
  /** For the first time, in order. */
  | 'FIRST'
  /** To see whether the receiver is back: the oldest undelivered logins, where nothing else is sent. */
  | 'PROBE'
  /** Once more: its logins are undelivered. */
  | 'RECOVERY'
  /** Someone asked for a replay. */
  | 'REPLAY';

/** Where a delivery stands. */
export type DeliveryState =
  /** It was given up: after the last retry, a final answer, or the removal of the webhook. Its logins are undelivered. */
  | 'ABANDONED'
  /** The receiver took it. */
  | 'DELIVERED'
  /** It is being tried, or waits for a retry. */
  | 'IN_PROGRESS'
  /** The receiver found it too large (413); its logins go on in smaller deliveries. */
  | 'SPLIT'
  /** The destination or the log format changed; the same logins went into a new delivery. */
  | 'SUPERSEDED';

/** Undelivered ranges that nobody needs to have delivered. */
export type DiscardUndeliveredInput = {
  /** Ids of ranges, from `undelivered`; at most 100. */
  ids: Array<string>;
  /** Why; 1 to 256 characters. It is kept with your name. */
  reason: string;
};

/** How a log line is written. */
export type LogFormat =
  /** Common Event Format 0: one line of `key=value` pairs after a header. */
  | 'CEF'
  /** CrowdStrike Parsing Standard: the JSON object as `event` of another. */
  | 'CPS'
  /** One JSON object a line. */
  | 'JSON';

/** Which logins to list; what is left out does not narrow. */
export type LoginFilterInput = {
  /** Those made so. */
  authenticationType?: AuthenticationType | null | undefined;
  /** Those that happened at this time or later. */
  from?: string | null | undefined;
  /** Those that ended so. */
  outcome?: LoginOutcome | null | undefined;
  /** Those that happened at this time or earlier. */
  to?: string | null | undefined;
};

/** A login to record. Cut what visitors control (`userAgent`, `request`) to its limit and remove control characters before sending: a login that is refused is not in the log. */
export type LoginInput = {
  /** How they logged in. */
  authenticationType: AuthenticationType;
  /** Makes it safe to send again: the same key with the same content is one login, for as long as it is retained. At most 256 characters; a time-ordered one (UUIDv7) is the fastest. */
  idempotencyKey?: string | null | undefined;
  /** When it happened; now if it is left out. At most 5 minutes ahead of the server. */
  occurredAt?: string | null | undefined;
  /** How it ended. */
  outcome: LoginOutcome;
  /** The id of the account; at most 256 characters. */
  principalId?: string | null | undefined;
  /** The name of the account; at most 256 characters. Not part of a log line. */
  principalName?: string | null | undefined;
  /** The path they requested; at most 8 KiB. */
  request?: string | null | undefined;
  /** The IPv4 or IPv6 address they came from. */
  sourceAddress: string;
  /** The trace of their request, unique to this login; at most 256 characters. The server makes one if it is left out. */
  traceId?: string | null | undefined;
  /** Their browser, as it calls itself; at most 2 KiB. */
  userAgent?: string | null | undefined;
};

/** How a login ended: `AUTHENTICATION_OUTCOME_…` in a log line. */
export type LoginOutcome =
  /** The account is disabled. Severity 6. */
  | 'DISABLED'
  /** The attempt made no sense. Severity 7. */
  | 'INVALID'
  /** The password was wrong. Severity 1. */
  | 'INVALID_PASSWORD'
  /** The account is locked. Severity 6. */
  | 'LOCKED'
  /** There is no such account. Severity 1. */
  | 'NOT_FOUND'
  /** They are in. Severity 0. */
  | 'SUCCESS'
  /** The token had expired. Severity 1. */
  | 'TOKEN_EXPIRED';

/** A login of a portal. Cut what visitors control (`userAgent`, `request`) to its limit and remove control characters before sending: a login that is refused is not in the log. */
export type RecordLoginInput = {
  /** How they logged in. */
  authenticationType: AuthenticationType;
  /** Makes it safe to send again: the same key with the same content is one login, for as long as it is retained. At most 256 characters; a time-ordered one (UUIDv7) is the fastest. */
  idempotencyKey?: string | null | undefined;
  /** When it happened; now if it is left out. At most 5 minutes ahead of the server. */
  occurredAt?: string | null | undefined;
  /** How it ended. */
  outcome: LoginOutcome;
  /** The UUID of the portal. */
  portalId: string;
  /** The id of the account; at most 256 characters. */
  principalId?: string | null | undefined;
  /** The name of the account; at most 256 characters. Not part of a log line. */
  principalName?: string | null | undefined;
  /** The path they requested; at most 8 KiB. */
  request?: string | null | undefined;
  /** The IPv4 or IPv6 address they came from. */
  sourceAddress: string;
  /** The trace of their request, unique to this login; at most 256 characters. The server makes one if it is left out. */
  traceId?: string | null | undefined;
  /** Their browser, as it calls itself; at most 2 KiB. */
  userAgent?: string | null | undefined;
};

/** Logins of one portal. */
export type RecordLoginsInput = {
  /** 1 to 1,000 logins, in the order they happened. */
  logins: Array<LoginInput>;
  /** The UUID of the portal. */
  portalId: string;
};

/** Undelivered ranges to deliver again. */
export type RedeliverInput = {
  /** Ids of ranges, from `undelivered`; at most 100. */
  ids: Array<string>;
};

/** Why a call was refused. Codes are stable. */
export type RefusalCode =
  /** The id belongs to another portal. */
  | 'ALREADY_EXISTS'
  /** A webhook uses the destination. */
  | 'DESTINATION_IN_USE'
  /** Someone has discarded what the input names. */
  | 'DISCARDED'
  /** The idempotency key belongs to a login with other content. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** A field of the input is not right; `fields` says which and why. */
  | 'INVALID_INPUT'
  /** Another destination has this name. */
  | 'NAME_TAKEN'
  /** Something that the input names does not exist. */
  | 'NOT_FOUND'
  /** The portal is retired. */
  | 'PORTAL_RETIRED'
  /** What the call asks for, or a part of it, is older than the server keeps it. */
  | 'PRUNED'
  /** A replay of the portal is under way. */
  | 'REPLAY_RUNNING'
  /** The server cannot do it at the moment; the same call may succeed later. */
  | 'UNAVAILABLE'
  /** The portal has no webhook that could send anything. */
  | 'WEBHOOK_UNCONFIGURED';

/** A portal to register. */
export type RegisterPortalInput = {
  /** Its UUID, if it has one already; otherwise the server makes one. */
  id?: string | null | undefined;
  /** What people call it; 1 to 256 characters. */
  name: string;
};

/** Where a replay stands. */
export type ReplayJobStatus =
  /** Requested; it starts at once. */
  | 'ACCEPTED'
  /** Someone ended it. */
  | 'CANCELLED'
  /** All of them were sent. */
  | 'COMPLETED'
  /** A part of it was given up, after the last retry or a final answer, or the webhook was removed. */
  | 'FAILED'
  /** It waits for the webhook to be turned on. */
  | 'PENDING'
  /** Its logins are being sent, in turns with fresh ones. */
  | 'RUNNING'
  /** No replay was ever requested for the portal. */
  | 'UNCONFIGURED';

/** Which logins of a time a replay sends. */
export type ReplayScope =
  /** Every login of that time, whether it was delivered, passed over or given up. */
  | 'ALL'
  /** Only those that are undelivered. */
  | 'UNDELIVERED';

/** Which logins to send once more. */
export type RequestReplayInput = {
  /** Logins that were recorded at this time or earlier. */
  endAt: string;
  /** The UUID of the portal. */
  portalId: string;
  /** Which of them; ALL by default. */
  scope?: ReplayScope | null | undefined;
  /** Logins that were recorded at this time or later; must be within what is retained. */
  startAt: string;
};

/** The destination to test. */
export type TestDestinationInput = {
  /** Its UUID. */
  id: string;
};

/** Why logins were not delivered. */
export type UndeliveredReason =
  /** Every try failed, or the receiver gave a final answer. */
  | 'ABANDONED'
  /** Three recoveries failed. */
  | 'RECOVERIES_FAILED'
  /** A single line that is too large for the receiver. */
  | 'TOO_LARGE'
  /** The webhook was removed before they were delivered. */
  | 'WEBHOOK_REMOVED';

/** What becomes of undelivered logins. */
export type UndeliveredState =
  /** Someone decided that it is not needed. */
  | 'DISCARDED'
  /** It waits for a person to call `redeliver` or `discardUndelivered`; `reason` says why. */
  | 'NEEDS_ACTION'
  /** Someone asked for it: delivered again before all others. */
  | 'REQUESTED'
  /** Delivered again by itself: after the next success of the webhook, or by a probe after 5 minutes, then 10, up to an hour. */
  | 'WAITING';

/** How delivery stands. */
export type WebhookState =
  /** Ready: no try yet since it was configured, or the last one succeeded. */
  | 'ACTIVE'
  /** The last try failed. Delivery goes on trying. */
  | 'INACTIVE'
  /** Never configured, or removed. */
  | 'UNCONFIGURED';

export type RegisterPortalMutationVariables = Exact<{
  input: RegisterPortalInput;
}>;


export type RegisterPortalMutation = { registerPortal:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RegisterPortalSuccess', portal: { id: string, name: string } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type CreateDestinationMutationVariables = Exact<{
  input: CreateDestinationInput;
}>;


export type CreateDestinationMutation = { createDestination:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'CreateDestinationSuccess', destination: { id: string, name: string, endpoint: string, hasAuthorization: boolean } }
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
    | { __typename: 'TestDestinationSuccess', delivered: boolean, attemptedAt: string, durationMs: number, phase: DeliveryPhase | null, responseCode: number | null, message: string, responseExcerpt: string | null }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type ConfigureWebhookMutationVariables = Exact<{
  input: ConfigureWebhookInput;
}>;


export type ConfigureWebhookMutation = { configureWebhook:
    | { __typename: 'ConfigureWebhookSuccess', webhook: { enabled: boolean, destination: { id: string, name: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number } } }
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RecordLoginMutationVariables = Exact<{
  input: RecordLoginInput;
}>;


export type RecordLoginMutation = { recordLogin:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RecordLoginSuccess', login: { position: string, authenticationType: AuthenticationType, outcome: LoginOutcome, sourceAddress: string, principalName: string, userAgent: string, traceId: string, occurredAt: string } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type RecordLoginsMutationVariables = Exact<{
  input: RecordLoginsInput;
}>;


export type RecordLoginsMutation = { recordLogins:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RecordLoginsSuccess', logins: Array<{ position: string, traceId: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type WebhookStatusChangedSubscriptionVariables = Exact<{
  portalId: string;
  after?: string | null | undefined;
}>;


export type WebhookStatusChangedSubscription = { webhookStatusChanged: { position: string, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number } } };

export type DeliveryAttemptedSubscriptionVariables = Exact<{
  portalId: string;
  after?: string | null | undefined;
}>;


export type DeliveryAttemptedSubscription = { deliveryAttempted: { position: string, attempt: { deliveryId: string, attemptNumber: number, attemptedAt: string, durationMs: number, delivered: boolean, responseCode: number | null, message: string, phase: DeliveryPhase | null, responseExcerpt: string | null, retryDueAt: string | null } } };

export type LoginRecordedSubscriptionVariables = Exact<{
  portalId: string;
  after?: string | null | undefined;
}>;


export type LoginRecordedSubscription = { loginRecorded: { position: string, login: { position: string, authenticationType: AuthenticationType, outcome: LoginOutcome, sourceAddress: string, principalName: string, userAgent: string, traceId: string, occurredAt: string } } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { tokenName: string, organizationId: string, serverVersion: string, position: string } };

export type PortalsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type PortalsQuery = { portals: { edges: Array<{ node: { id: string, name: string, registeredAt: string, webhook: { enabled: boolean, destination: { id: string, name: string, endpoint: string } | null, status: { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number } } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type LoginsQueryVariables = Exact<{
  portalId: string;
  filter?: LoginFilterInput | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type LoginsQuery = { logins: { edges: Array<{ node: { position: string, authenticationType: AuthenticationType, outcome: LoginOutcome, sourceAddress: string, principalName: string, userAgent: string, traceId: string, occurredAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type DeliveriesQueryVariables = Exact<{
  portalId: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type DeliveriesQuery = { deliveries: { edges: Array<{ node: { id: string, state: DeliveryState, purpose: DeliveryPurpose, loginCount: number, startedAt: string, endedAt: string | null, attempts: Array<{ deliveryId: string, attemptNumber: number, attemptedAt: string, durationMs: number, delivered: boolean, responseCode: number | null, message: string, phase: DeliveryPhase | null, responseExcerpt: string | null, retryDueAt: string | null }> } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type UndeliveredQueryVariables = Exact<{
  portalId: string;
  states?: Array<UndeliveredState> | UndeliveredState | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type UndeliveredQuery = { undelivered: { edges: Array<{ node: { id: string, state: UndeliveredState, reason: UndeliveredReason, loginCount: number, firstRecordedAt: string | null, lastRecordedAt: string | null, abandonedAt: string, lastResponseCode: number | null, lastResponseMessage: string | null, attempts: number, recoveries: number, discardedAt: string | null, discardedBy: string | null, discardedReason: string | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RedeliverMutationVariables = Exact<{
  input: RedeliverInput;
}>;


export type RedeliverMutation = { redeliver:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'RedeliverSuccess', ranges: Array<{ id: string, state: UndeliveredState, reason: UndeliveredReason, loginCount: number, firstRecordedAt: string | null, lastRecordedAt: string | null, abandonedAt: string, lastResponseCode: number | null, lastResponseMessage: string | null, attempts: number, recoveries: number, discardedAt: string | null, discardedBy: string | null, discardedReason: string | null }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type DiscardUndeliveredMutationVariables = Exact<{
  input: DiscardUndeliveredInput;
}>;


export type DiscardUndeliveredMutation = { discardUndelivered:
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'DiscardUndeliveredSuccess', ranges: Array<{ id: string, state: UndeliveredState, reason: UndeliveredReason, loginCount: number, firstRecordedAt: string | null, lastRecordedAt: string | null, abandonedAt: string, lastResponseCode: number | null, lastResponseMessage: string | null, attempts: number, recoveries: number, discardedAt: string | null, discardedBy: string | null, discardedReason: string | null }> }
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
    | { __typename: 'RequestReplaySuccess', replayJob: { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, refused: number, message: string | null, requestedAt: string | null, updatedAt: string | null } }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type CancelReplayMutationVariables = Exact<{
  input: CancelReplayInput;
}>;


export type CancelReplayMutation = { cancelReplay:
    | { __typename: 'CancelReplaySuccess', replayJob: { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, refused: number, message: string | null, requestedAt: string | null, updatedAt: string | null } }
    | { __typename: 'Conflict', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'InvalidInput', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'NotFound', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
    | { __typename: 'Unavailable', message: string, code: RefusalCode, fields: Array<{ field: string, reason: string }> }
   };

export type ReplayJobQueryVariables = Exact<{
  portalId: string;
}>;


export type ReplayJobQuery = { replayJob: { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, refused: number, message: string | null, requestedAt: string | null, updatedAt: string | null } };

export type ReplayJobChangedSubscriptionVariables = Exact<{
  portalId: string;
  after?: string | null | undefined;
}>;


export type ReplayJobChangedSubscription = { replayJobChanged: { position: string, replayJob: { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, refused: number, message: string | null, requestedAt: string | null, updatedAt: string | null } } };

export type UndeliveredFieldsFragment = { id: string, state: UndeliveredState, reason: UndeliveredReason, loginCount: number, firstRecordedAt: string | null, lastRecordedAt: string | null, abandonedAt: string, lastResponseCode: number | null, lastResponseMessage: string | null, attempts: number, recoveries: number, discardedAt: string | null, discardedBy: string | null, discardedReason: string | null };

export type ReplayJobFieldsFragment = { id: string | null, status: ReplayJobStatus, startAt: string | null, endAt: string | null, scope: ReplayScope | null, total: number, sent: number, refused: number, message: string | null, requestedAt: string | null, updatedAt: string | null };

export type StatusFieldsFragment = { enabled: boolean, state: WebhookState, lastAttemptAt: string | null, lastResponseCode: number | null, lastResponseMessage: string | null, pending: number, oldestPendingAt: string | null, nextAttemptAt: string | null, consecutiveFailures: number, deliveredTotal: number, undeliveredTotal: number, oldestUndeliveredAt: string | null, undeliveredExpiresAt: string | null, needsActionTotal: number, discardedTotal: number };

export type AttemptFieldsFragment = { deliveryId: string, attemptNumber: number, attemptedAt: string, durationMs: number, delivered: boolean, responseCode: number | null, message: string, phase: DeliveryPhase | null, responseExcerpt: string | null, retryDueAt: string | null };

export type LoginFieldsFragment = { position: string, authenticationType: AuthenticationType, outcome: LoginOutcome, sourceAddress: string, principalName: string, userAgent: string, traceId: string, occurredAt: string };

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
export const UndeliveredFieldsFragmentDoc = new TypedDocumentString(`
    fragment UndeliveredFields on UndeliveredRange {
  id
  state
  reason
  loginCount
  firstRecordedAt
  lastRecordedAt
  abandonedAt
  lastResponseCode
  lastResponseMessage
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
  refused
  message
  requestedAt
  updatedAt
}
    `, {"fragmentName":"ReplayJobFields"}) as unknown as TypedDocumentString<ReplayJobFieldsFragment, unknown>;
export const StatusFieldsFragmentDoc = new TypedDocumentString(`
    fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
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
}
    `, {"fragmentName":"StatusFields"}) as unknown as TypedDocumentString<StatusFieldsFragment, unknown>;
export const AttemptFieldsFragmentDoc = new TypedDocumentString(`
    fragment AttemptFields on DeliveryAttempt {
  deliveryId
  attemptNumber
  attemptedAt
  durationMs
  delivered
  responseCode
  message
  phase
  responseExcerpt
  retryDueAt
}
    `, {"fragmentName":"AttemptFields"}) as unknown as TypedDocumentString<AttemptFieldsFragment, unknown>;
export const LoginFieldsFragmentDoc = new TypedDocumentString(`
    fragment LoginFields on Login {
  position
  authenticationType
  outcome
  sourceAddress
  principalName
  userAgent
  traceId
  occurredAt
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
        id
        name
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
}`) as unknown as TypedDocumentString<RegisterPortalMutation, RegisterPortalMutationVariables>;
export const CreateDestinationDocument = new TypedDocumentString(`
    mutation CreateDestination($input: CreateDestinationInput!) {
  createDestination(input: $input) {
    __typename
    ... on CreateDestinationSuccess {
      destination {
        id
        name
        endpoint
        hasAuthorization
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
}`) as unknown as TypedDocumentString<CreateDestinationMutation, CreateDestinationMutationVariables>;
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
        enabled
        destination {
          id
          name
        }
        status {
          ...StatusFields
        }
      }
    }
    ...RefusalFields
  }
}
    fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
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
}
fragment RefusalFields on Refusal {
  message
  code
  fields {
    field
    reason
  }
}`) as unknown as TypedDocumentString<ConfigureWebhookMutation, ConfigureWebhookMutationVariables>;
export const RecordLoginDocument = new TypedDocumentString(`
    mutation RecordLogin($input: RecordLoginInput!) {
  recordLogin(input: $input) {
    __typename
    ... on RecordLoginSuccess {
      login {
        ...LoginFields
      }
    }
    ...RefusalFields
  }
}
    fragment LoginFields on Login {
  position
  authenticationType
  outcome
  sourceAddress
  principalName
  userAgent
  traceId
  occurredAt
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
    subscription WebhookStatusChanged($portalId: ID!, $after: String) {
  webhookStatusChanged(portalId: $portalId, after: $after) {
    position
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
}`) as unknown as TypedDocumentString<WebhookStatusChangedSubscription, WebhookStatusChangedSubscriptionVariables>;
export const DeliveryAttemptedDocument = new TypedDocumentString(`
    subscription DeliveryAttempted($portalId: ID!, $after: String) {
  deliveryAttempted(portalId: $portalId, after: $after) {
    position
    attempt {
      ...AttemptFields
    }
  }
}
    fragment AttemptFields on DeliveryAttempt {
  deliveryId
  attemptNumber
  attemptedAt
  durationMs
  delivered
  responseCode
  message
  phase
  responseExcerpt
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
  position
  authenticationType
  outcome
  sourceAddress
  principalName
  userAgent
  traceId
  occurredAt
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
    query Portals($first: Int = 20, $after: String) {
  portals(first: $first, after: $after) {
    edges {
      node {
        id
        name
        registeredAt
        webhook {
          enabled
          destination {
            id
            name
            endpoint
          }
          status {
            ...StatusFields
          }
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment StatusFields on WebhookStatus {
  enabled
  state
  lastAttemptAt
  lastResponseCode
  lastResponseMessage
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
}`) as unknown as TypedDocumentString<PortalsQuery, PortalsQueryVariables>;
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
  position
  authenticationType
  outcome
  sourceAddress
  principalName
  userAgent
  traceId
  occurredAt
}`) as unknown as TypedDocumentString<LoginsQuery, LoginsQueryVariables>;
export const DeliveriesDocument = new TypedDocumentString(`
    query Deliveries($portalId: ID!, $first: Int = 20, $after: String) {
  deliveries(portalId: $portalId, first: $first, after: $after) {
    edges {
      node {
        id
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
  attemptNumber
  attemptedAt
  durationMs
  delivered
  responseCode
  message
  phase
  responseExcerpt
  retryDueAt
}`) as unknown as TypedDocumentString<DeliveriesQuery, DeliveriesQueryVariables>;
export const UndeliveredDocument = new TypedDocumentString(`
    query Undelivered($portalId: ID!, $states: [UndeliveredState!], $first: Int = 20, $after: String) {
  undelivered(portalId: $portalId, states: $states, first: $first, after: $after) {
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
  state
  reason
  loginCount
  firstRecordedAt
  lastRecordedAt
  abandonedAt
  lastResponseCode
  lastResponseMessage
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
  state
  reason
  loginCount
  firstRecordedAt
  lastRecordedAt
  abandonedAt
  lastResponseCode
  lastResponseMessage
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
  state
  reason
  loginCount
  firstRecordedAt
  lastRecordedAt
  abandonedAt
  lastResponseCode
  lastResponseMessage
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
  refused
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
  refused
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
    query ReplayJob($portalId: ID!) {
  replayJob(portalId: $portalId) {
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
  refused
  message
  requestedAt
  updatedAt
}`) as unknown as TypedDocumentString<ReplayJobQuery, ReplayJobQueryVariables>;
export const ReplayJobChangedDocument = new TypedDocumentString(`
    subscription ReplayJobChanged($portalId: ID!, $after: String) {
  replayJobChanged(portalId: $portalId, after: $after) {
    position
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
  refused
  message
  requestedAt
  updatedAt
}`) as unknown as TypedDocumentString<ReplayJobChangedSubscription, ReplayJobChangedSubscriptionVariables>;