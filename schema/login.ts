import type { RecordedLogin } from '../src/api/logins.js';
import * as api from '../src/api/logins.js';
import { type AuthenticationType, authenticationTypes, type LoginOutcome, loginOutcomes } from '../src/domain/login.js';
import { streamId } from '../src/domain/stream.js';
import { builder, describedValues } from './builder.js';
import { pageOf } from './page.js';

const MAX_PAGE = 1_000;

const typeDescriptions: Record<AuthenticationType, string> = {
  INVALID: 'It could not be told how.',
  BASIC: 'Name and password.',
  SSO: 'Single sign-on.',
  PAT: 'A personal access token.',
  SPAT: 'A system account access token.',
  GOOGLE: 'An account of Google.',
  GITHUB: 'An account of GitHub.',
  WINDOWSLIVE: 'An account of Microsoft.',
  FEDERATED: 'An identity of another organisation.',
};

export const AuthenticationTypeEnum = builder.enumType('AuthenticationType', {
  description: 'How someone logged in: `AUTHENTICATION_TYPE_…` in a log line.',
  values: describedValues(authenticationTypes, typeDescriptions),
});

const outcomeDescriptions: Record<LoginOutcome, string> = {
  SUCCESS: 'They are in. Severity 0.',
  NOT_FOUND: 'There is no such account. Severity 1.',
  INVALID_PASSWORD: 'The password was wrong. Severity 1.',
  TOKEN_EXPIRED: 'The token had expired. Severity 1.',
  LOCKED: 'The account is locked. Severity 6.',
  DISABLED: 'The account is disabled. Severity 6.',
  INVALID: 'The attempt made no sense. Severity 7.',
};

export const LoginOutcomeEnum = builder.enumType('LoginOutcome', {
  description: 'How a login ended: `AUTHENTICATION_OUTCOME_…` in a log line.',
  values: describedValues(loginOutcomes, outcomeDescriptions),
});

export const LoginType = builder.objectRef<RecordedLogin>('Login').implement({
  description: 'A login, or an attempt at one, as it was recorded.',
  fields: (t) => ({
    position: t.string({
      description: 'Its place in the log, which orders everything. Opaque.',
      resolve: ({ position }) => String(position),
    }),
    portalId: t.id({ description: 'The UUID of the portal.', resolve: ({ stream }) => streamId(stream) }),
    authenticationType: t.field({
      type: AuthenticationTypeEnum,
      description: 'How they logged in.',
      resolve: ({ data }) => data.authenticationType,
    }),
    outcome: t.field({ type: LoginOutcomeEnum, description: 'How it ended.', resolve: ({ data }) => data.outcome }),
    sourceAddress: t.string({ description: 'The address they came from.', resolve: ({ data }) => data.sourceAddress }),
    request: t.string({
      description: 'The path they requested; empty if not given.',
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
      description: 'Their browser, as it calls itself; empty if not given.',
      resolve: ({ data }) => data.userAgent,
    }),
    traceId: t.string({
      description: 'The trace of their request; made here if not given.',
      resolve: ({ data }) => data.traceId,
    }),
    idempotencyKey: t.string({
      nullable: true,
      description: 'The key under which it was recorded; null without one.',
      resolve: ({ data }) => data.idempotencyKey,
    }),
    occurredAt: t.field({
      type: 'DateTime',
      description: 'When it happened, as the portal says.',
      resolve: ({ data }) => data.occurredAt,
    }),
    recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When it was recorded here.' }),
  }),
});

const LoginFilterInput = builder.inputType('LoginFilterInput', {
  description: 'Which logins to list; what is left out does not narrow.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Those that happened at this time or later.' }),
    to: t.field({ type: 'DateTime', description: 'Those that happened at this time or earlier.' }),
    outcome: t.field({ type: LoginOutcomeEnum, description: 'Those that ended so.' }),
    authenticationType: t.field({ type: AuthenticationTypeEnum, description: 'Those made so.' }),
  }),
});

builder.queryField('logins', (t) =>
  t.connection(
    {
      type: LoginType,
      description: 'The logins of a portal, newest first by the time they happened. At most 1,000 a page.',
      args: {
        portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
        filter: t.arg({ type: LoginFilterInput, description: 'Which of them.' }),
      },
      resolve: (_, args, context) => {
        const filter = {
          from: args.filter?.from?.getTime(),
          to: args.filter?.to?.getTime(),
          outcome: args.filter?.outcome ?? undefined,
          authenticationType: args.filter?.authenticationType ?? undefined,
        };
        return pageOf(args, MAX_PAGE, api.loginCursor, (page) =>
          api.logins({ ...page, portalId: args.portalId, filter }, context),
        );
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
      description: 'Pass it as `after` when you reconnect.',
      resolve: ({ position }) => String(position),
    }),
    login: t.field({ type: LoginType, description: 'The login.', resolve: (login) => login }),
  }),
});

builder.subscriptionField('loginRecorded', (t) =>
  t.field({
    type: LoginRecorded,
    description:
      'A stream: every login of a portal as it is recorded, from now on or from a position, each exactly once.',
    args: {
      portalId: t.arg.id({ required: true, description: 'The UUID of the portal.' }),
      after: t.arg.string({ description: 'The last `position` you saw: every login after it follows.' }),
    },
    subscribe: (_, args, context) => api.recordedLogins(args, context),
    resolve: (login) => login,
  }),
);
