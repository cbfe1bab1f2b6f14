import { type RecordedLogin, recordLogin, recordLogins } from '../src/api/logins.js';
import { builder } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
import { AuthenticationTypeEnum, LoginOutcomeEnum, LoginType } from './login.js';

type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

const loginFields = (t: InputFields) => ({
  authenticationType: t.field({ type: AuthenticationTypeEnum, required: true, description: 'The type of the login.' }),
  outcome: t.field({ type: LoginOutcomeEnum, required: true, description: 'The outcome of the login.' }),
  sourceAddress: t.string({
    description:
      'The address that the login came from: one IPv4 or IPv6 address, also with brackets, a port or a zone. Pass the address that the proxy of your portal vouches for. Any other text is recorded as `givenSourceAddress`.',
  }),
  request: t.string({ description: 'The requested path; cut to 8 KiB.' }),
  principalId: t.string({ description: 'The id of the account; cut to 256 characters.' }),
  principalName: t.string({
    description: 'The name of the account; cut to 256 characters. Not part of a log line.',
  }),
  userAgent: t.string({ description: 'The user agent, as the browser or program reports it; cut to 2 KiB.' }),
  traceId: t.string({
    description:
      'The trace id of the login request in your system; cut to 256 characters. It is recorded as `clientTraceId`, and is not part of a log line.',
  }),
  occurredAt: t.field({
    type: 'DateTime',
    description:
      'When the login happened; by default now. If it is more than 5 minutes ahead of the clock of the server, the login gets the time of recording, and this time is recorded as `givenOccurredAt`.',
  }),
  idempotencyKey: t.string({
    description:
      'Makes it safe to send the login again: while the first login is retained, the same key with the same content records nothing and returns the first login. At most 256 characters; a time-ordered key (UUIDv7) is the fastest.',
  }),
});

const ANY_TEXT =
  'Texts that a visitor controls are recorded whatever they contain. Over its limit a text is cut, and `cutFields` of the login names the field.';

const LoginInput = builder.inputType('LoginInput', {
  description: `A login to record. ${ANY_TEXT}`,
  fields: loginFields,
});

export const RecordLoginInput = builder.inputType('RecordLoginInput', {
  description: `A login of a portal. ${ANY_TEXT}`,
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    ...loginFields(t),
  }),
});

const RecordLoginSuccess = builder.objectRef<{ login: RecordedLogin; isNew: boolean }>('RecordLoginSuccess').implement({
  description: 'The login is recorded. It survives a power failure of the server.',
  fields: (t) => ({
    login: t.expose('login', { type: LoginType, description: 'The login as it is recorded.' }),
    isNew: t.exposeBoolean('isNew', {
      description: 'Whether this call recorded it. false: its idempotency key was known, and nothing is recorded now.',
    }),
  }),
});

builder.mutationField('recordLogin', (t) =>
  t.field({
    type: resultUnion('RecordLogin', RecordLoginSuccess),
    description: 'Records a login of a portal.',
    args: { input: t.arg({ type: RecordLoginInput, required: true, description: 'The login and its portal.' }) },
    resolve: (_, { input }, context) =>
      orRefusal(async () => {
        const login = await recordLogin(input, context);
        return { login, isNew: login.isNew };
      }),
  }),
);

export const RecordLoginsInput = builder.inputType('RecordLoginsInput', {
  description: 'Logins of one portal to record.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    logins: t.field({
      type: [LoginInput],
      required: true,
      description: '1 to 1,000 logins, in the order in which they happened.',
    }),
  }),
});

const RecordLoginsSuccess = builder.objectRef<{ logins: RecordedLogin[] }>('RecordLoginsSuccess').implement({
  description: 'All logins are recorded. They survive a power failure of the server.',
  fields: (t) => ({
    logins: t.expose('logins', {
      type: [LoginType],
      description:
        'The logins as they are recorded, in the order of the input. If an idempotency key was known, this is the login that was recorded first.',
    }),
  }),
});

builder.mutationField('recordLogins', (t) =>
  t.field({
    type: resultUnion('RecordLogins', RecordLoginsSuccess),
    description:
      'Records up to 1,000 logins of one portal: all of them or none. A refusal names each refused login by its index.',
    args: { input: t.arg({ type: RecordLoginsInput, required: true, description: 'The logins and their portal.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ logins: await recordLogins(input, context) })),
  }),
);
