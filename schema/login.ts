import type { RecordedLogin } from '../src/api/logins.js';
import * as api from '../src/api/logins.js';
import { type AuthenticationType, authenticationTypes, type LoginOutcome, loginOutcomes } from '../src/domain/login.js';
import { streamId } from '../src/domain/stream.js';
import { builder, describedValues } from './builder.js';
import { pageOf } from './page.js';

const MAX_PAGE = 1_000;

const typeDescriptions: Record<AuthenticationType, string> = {
  INVALID: 'The portal could not determine the type.',
  BASIC: 'Name and password.',
  SSO: 'Single sign-on.',
  PAT: 'A personal access token.',
  SPAT: 'A system account access token.',
  GOOGLE: 'A Google account.',
  GITHUB: 'A GitHub account.',
  WINDOWSLIVE: 'A Microsoft account.',
  FEDERATED: 'An identity of another organisation.',
};

export const AuthenticationTypeEnum = builder.enumType('AuthenticationType', {
  description: 'The type of a login: `AUTHENTICATION_TYPE_…` in a log line.',
  values: describedValues(authenticationTypes, typeDescriptions),
});

const outcomeDescriptions: Record<LoginOutcome, string> = {
  SUCCESS: 'The login succeeded. Severity 0.',
  NOT_FOUND: 'The account does not exist. Severity 1.',
  INVALID_PASSWORD: 'The password was wrong. Severity 1.',
  TOKEN_EXPIRED: 'The token had expired. Severity 1.',
  LOCKED: 'The account is locked. Severity 6.',
  DISABLED: 'The account is disabled. Severity 6.',
  INVALID: 'The login request was not valid. Severity 7.',
};

export const LoginOutcomeEnum = builder.enumType('LoginOutcome', {
  description: 'The outcome of a login: `AUTHENTICATION_OUTCOME_…` in a log line.',
  values: describedValues(loginOutcomes, outcomeDescriptions),
});

export const LoginType = builder.objectRef<RecordedLogin>('Login').implement({
  description: 'A successful or failed login, as it was recorded.',
  fields: (t) => ({
    position: t.string({
      description: 'The position of the login in the event log; positions give the order of all events. Opaque.',
      resolve: ({ position }) => String(position),
    }),
    portalId: t.id({ description: 'The UUID of the portal.', resolve: ({ stream }) => streamId(stream) }),
    authenticationType: t.field({
      type: AuthenticationTypeEnum,
      description: 'The type of the login.',
      resolve: ({ data }) => data.authenticationType,
    }),
    outcome: t.field({
      type: LoginOutcomeEnum,
      description: 'The outcome of the login.',
      resolve: ({ data }) => data.outcome,
    }),
    sourceAddress: t.string({
      nullable: true,
      description: 'The IP address that the login came from, in the notation of RFC 5952; null if none was given.',
      resolve: ({ data }) => data.sourceAddress,
    }),
    givenSourceAddress: t.string({
      nullable: true,
      description: 'What the portal gave as source address, if it is not one single address; otherwise null.',
      resolve: ({ data }) => data.givenSourceAddress,
    }),
    request: t.string({
      description: 'The requested path; empty if not given.',
      resolve: ({ data }) => data.request,
    }),
    principalId: t.string({
      description: 'The id of the account; empty if not given.',
      resolve: ({ data }) => data.principalId,
    }),
    principalName: t.string({
      description: 'The name of the account; empty if not given. Not part of a log line.',
      resolve: ({ data }) => data.principalName,
    }),
    userAgent: t.string({
      description: 'The user agent, as the browser or program reports it; empty if not given.',
      resolve: ({ data }) => data.userAgent,
    }),
    traceId: t.string({
      description: 'The trace id of this login, made by the server and unique: `trace_id` in a log line.',
      resolve: ({ data }) => data.traceId,
    }),
    clientTraceId: t.string({
      nullable: true,
      description: 'The `traceId` that the portal gave; null if it gave none. Not part of a log line.',
      resolve: ({ data }) => data.clientTraceId,
    }),
    idempotencyKey: t.string({
      nullable: true,
      description: 'The idempotency key; null if not given.',
      resolve: ({ data }) => data.idempotencyKey,
    }),
    occurredAt: t.field({
      type: 'DateTime',
      description:
        'When the login happened, according to the portal; when it was recorded, if the portal gave no time or `givenOccurredAt`.',
      resolve: ({ data }) => data.occurredAt,
    }),
    givenOccurredAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The time that the portal gave, if it was more than 5 minutes ahead of the server; otherwise null.',
      resolve: ({ data }) => data.givenOccurredAt,
    }),
    cutFields: t.stringList({
      description:
        'The names of the fields that hold only the start of what the portal gave, because it was longer than the limit.',
      resolve: ({ data }) => [...(data.cutFields ?? [])],
    }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When Auditwire recorded the login.' }),
  }),
});

const LoginFilterInput = builder.inputType('LoginFilterInput', {
  description: 'Which logins to list. A login must match every field that is given.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Logins that happened at this time or later.' }),
    to: t.field({ type: 'DateTime', description: 'Logins that happened at this time or earlier.' }),
    outcome: t.field({ type: LoginOutcomeEnum, description: 'Logins with this outcome.' }),
    authenticationType: t.field({ type: AuthenticationTypeEnum, description: 'Logins of this type.' }),
    clientTraceId: t.string({ description: 'Logins for which the portal gave this `traceId`.' }),
  }),
});

builder.queryField('logins', (t) =>
  t.connection(
    {
      type: LoginType,
      description: 'The logins of a portal, newest first by the time they happened. A page has at most 1,000.',
      args: {
        portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
        filter: t.arg({ type: LoginFilterInput, description: 'Return only logins that match.' }),
      },
      resolve: (_, args, context) => {
        const { portalId, filter } = args;
        return pageOf(args, MAX_PAGE, api.loginCursor, (page) => api.logins({ ...page, portalId, filter }, context));
      },
    },
    { name: 'LoginConnection', description: 'A page of logins.' },
    { name: 'LoginEdge', description: 'A login in a page.' },
  ),
);

const LoginRecorded = builder.objectRef<RecordedLogin>('LoginRecorded').implement({
  description: 'A login that was recorded.',
  fields: (t) => ({
    position: t.string({
      description: 'The position of this payload. Pass it as `after` when you reconnect.',
      resolve: ({ position }) => String(position),
    }),
    login: t.field({ type: LoginType, description: 'The login.', resolve: (login) => login }),
  }),
});

builder.subscriptionField('loginRecorded', (t) =>
  t.field({
    type: LoginRecorded,
    description:
      'Sends every login of a portal when it is recorded, each exactly once: from now on, or after a position.',
    args: {
      portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
      after: t.arg.string({ description: 'The last `position` that you received. Every login after it follows.' }),
    },
    subscribe: (_, args, context) => api.recordedLogins(args, context),
    resolve: (login) => login,
  }),
);
