import { type RecordedLogin, recordLogin, recordLogins } from '../src/api/logins.js';
import { builder } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
import { AuthenticationTypeEnum, LoginOutcomeEnum, LoginType } from './login.js';

type InputFields = Parameters<NonNullable<Parameters<typeof builder.inputType>[1]['fields']>>[0];

const loginFields = (t: InputFields) => ({
  authenticationType: t.field({ type: AuthenticationTypeEnum, required: true, description: 'How they logged in.' }),
  outcome: t.field({ type: LoginOutcomeEnum, required: true, description: 'How it ended.' }),
  sourceAddress: t.string({ required: true, description: 'The IPv4 or IPv6 address they came from.' }),
  request: t.string({ description: 'The path they requested; at most 8 KiB.' }),
  principalId: t.string({ description: 'The id of the account; at most 256 characters.' }),
  principalName: t.string({ description: 'The name of the account; at most 256 characters. Not part of a log line.' }),
  userAgent: t.string({ description: 'Their browser, as it calls itself; at most 2 KiB.' }),
  traceId: t.string({
    description:
      'The trace of their request, unique to this login; at most 256 characters. The server makes one if it is left out.',
  }),
  occurredAt: t.field({
    type: 'DateTime',
    description: 'When it happened; now if it is left out. At most 5 minutes ahead of the server.',
  }),
  idempotencyKey: t.string({
    description:
      'Makes it safe to send again: the same key with the same content is one login, for as long as it is retained. At most 256 characters; a time-ordered one (UUIDv7) is the fastest.',
  }),
});

/** A login that is refused is not in the log: an attacker must not be able to cause that. */
const WHAT_VISITORS_CONTROL =
  'Cut what visitors control (`userAgent`, `request`) to its limit and remove control characters before sending: a login that is refused is not in the log.';

const LoginInput = builder.inputType('LoginInput', {
  description: `A login to record. ${WHAT_VISITORS_CONTROL}`,
  fields: loginFields,
});

export const RecordLoginInput = builder.inputType('RecordLoginInput', {
  description: `A login of a portal. ${WHAT_VISITORS_CONTROL}`,
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    ...loginFields(t),
  }),
});

const RecordLoginSuccess = builder.objectRef<{ login: RecordedLogin }>('RecordLoginSuccess').implement({
  description: 'The login is recorded and will survive a power cut.',
  fields: (t) => ({ login: t.expose('login', { type: LoginType, description: 'The login as recorded.' }) }),
});

builder.mutationField('recordLogin', (t) =>
  t.field({
    type: resultUnion('RecordLogin', RecordLoginSuccess),
    description: 'Records a login of a portal.',
    args: { input: t.arg({ type: RecordLoginInput, required: true, description: 'The login and its portal.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ login: await recordLogin(input, context) })),
  }),
);

export const RecordLoginsInput = builder.inputType('RecordLoginsInput', {
  description: 'Logins of one portal.',
  fields: (t) => ({
    portalId: t.id({ required: true, description: 'The UUID of the portal.' }),
    logins: t.field({
      type: [LoginInput],
      required: true,
      description: '1 to 1,000 logins, in the order they happened.',
    }),
  }),
});

const RecordLoginsSuccess = builder.objectRef<{ logins: RecordedLogin[] }>('RecordLoginsSuccess').implement({
  description: 'All of the logins are recorded and will survive a power cut.',
  fields: (t) => ({
    logins: t.expose('logins', {
      type: [LoginType],
      description: 'The logins as recorded, in the order given; one whose key was known is the one recorded first.',
    }),
  }),
});

builder.mutationField('recordLogins', (t) =>
  t.field({
    type: resultUnion('RecordLogins', RecordLoginsSuccess),
    description:
      'Records up to 1,000 logins of one portal: all of them or none. A refusal names each entry by its index.',
    args: { input: t.arg({ type: RecordLoginsInput, required: true, description: 'The logins and their portal.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ logins: await recordLogins(input, context) })),
  }),
);
