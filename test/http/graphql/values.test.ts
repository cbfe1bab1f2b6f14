import { assertInputObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../../schema/schema.js';
import { aLogin, mutate, mutationOf, post, registerPortal, UNKNOWN_ID } from '../../support/graphql/calls.js';
import { eventStream } from '../../support/graphql/live.js';
import { openAuthorizedSocket } from '../../support/graphql/socket.js';
import { sharedApp } from '../../support/server/shared-app.js';

const app = sharedApp();

const SECRET = 's3cret-value';
const OUTCOMES = 'must be one of DISABLED, INVALID, INVALID_PASSWORD, LOCKED, NOT_FOUND, SUCCESS, TOKEN_EXPIRED';
const NO_TIME = 'must be an ISO 8601 time with a time zone, such as 2026-01-31T12:00:00Z';

/** The one error for values that GraphQL refuses: the form of a refusal of invalid input. */
function errorOf(...fields: [field: string, reason: string][]) {
  return {
    message: fields.map(([field, reason]) => `${field}: ${reason}`).join('; '),
    locations: expect.any(Array),
    extensions: { code: 'INVALID_INPUT', fields: fields.map(([field, reason]) => ({ field, reason })) },
  };
}

const literal = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null)
    return /^"[A-Z]+"$/.test(JSON.stringify(value)) ? String(value) : JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, field]) => `${name}: ${literal(field)}`)
    .join(', ')} }`;
};

/** The errors for an input: as a literal, as a variable, with another name, and as a variable of a compiled operation. */
async function errorsOf(input: unknown): Promise<unknown[]> {
  const asLiteral = `mutation { recordLogins(input: ${literal(input)}) { __typename } }`;
  const asVariable = (name: string) =>
    `mutation ($${name}: RecordLoginsInput!) { recordLogins(input: $${name}) { __typename } }`;
  const answers = [
    await post(app(), asLiteral),
    await post(app(), asVariable('input'), { input }),
    await post(app(), asVariable('other'), { other: input }),
    await post(app(), asVariable('other'), { other: input }),
    await post(app(), asVariable('other'), { other: input }),
  ];
  for (const { text } of answers) expect(text).not.toContain(SECRET);
  return answers.map(({ body }) => body.errors);
}

describe('a value that GraphQL refuses is an error with its field, as literal and as variable:', () => {
  const { outcome: _, ...incomplete } = aLogin();
  const loginFields = Object.keys(assertInputObjectType(schema.getType('LoginInput')).getFields()).join(', ');

  it.each<[string, object, [string, string][]]>([
    [
      'an unknown enum value',
      { logins: [aLogin(), aLogin({ outcome: 'MAYBE' })] },
      [['input.logins[1].outcome', OUTCOMES]],
    ],
    [
      'several values',
      { logins: [aLogin({ outcome: 'MAYBE' }), { ...incomplete, request: 5 }] },
      [
        ['input.logins[0].outcome', OUTCOMES],
        ['input.logins[1].outcome', 'is needed'],
        ['input.logins[1].request', 'must be of type String'],
      ],
    ],
    ['null', { logins: [aLogin({ outcome: null })] }, [['input.logins[0].outcome', 'must not be null']]],
    [
      'a text instead of an object',
      { logins: [SECRET] },
      [['input.logins[0]', 'must be an object of type LoginInput']],
    ],
    [
      'an unknown field',
      { logins: [aLogin({ userAgnet: SECRET })] },
      [['input.logins[0].userAgnet', `is not a field of LoginInput, which has ${loginFields}`]],
    ],
    ['an id that is a list', { portalId: [[SECRET]], logins: [] }, [['input.portalId', 'must be of type ID']]],
  ])('%s', async (_name, given, fields) => {
    const errors = await errorsOf({ portalId: UNKNOWN_ID, ...given });

    for (const one of errors) expect(one).toEqual([errorOf(...fields)]);
  });

  it('an enum value as a text, which is allowed only in a variable', async () => {
    const query = `mutation { recordLogin(input: ${literal({ portalId: UNKNOWN_ID, ...aLogin() }).replace('outcome: SUCCESS', 'outcome: "SUCCESS"')}) { __typename } }`;

    const { body } = await post(app(), query);

    expect(body.errors).toEqual([errorOf(['input.outcome', OUTCOMES])]);
  });

  it('a variable inside an input', async () => {
    const query = `mutation ($x: LoginOutcome!) { recordLogin(input: { portalId: "${UNKNOWN_ID}", authenticationType: SSO, outcome: $x, sourceAddress: "192.0.2.1" }) { __typename } }`;

    const given = await post(app(), query, { x: SECRET });
    const missing = await post(app(), query);

    expect(given.body.errors).toEqual([errorOf(['input.outcome', OUTCOMES])]);
    expect(missing.body.errors).toEqual([errorOf(['input.outcome', 'is needed'])]);
  });

  it('a variable with a default that is null where null is not allowed, which GraphQL finds only during the execution', async () => {
    const query = `mutation ($x: LoginOutcome = SUCCESS) { recordLogin(input: { portalId: "${UNKNOWN_ID}", authenticationType: SSO, outcome: $x, sourceAddress: "${SECRET}" }) { __typename } }`;

    const { body, text } = await post(app(), query, { x: null });

    expect(text).not.toContain(SECRET);
    expect(body.errors).toEqual([{ ...errorOf(['input.outcome', 'must not be null']), path: ['recordLogin'] }]);
  });

  it('a default of a variable', async () => {
    const query =
      'query ($id: ID!, $o: LoginOutcome = MAYBE) { logins(portalId: $id, filter: { outcome: $o }) { edges { cursor } } }';

    expect((await post(app(), query, { id: UNKNOWN_ID })).body.errors).toEqual([errorOf(['$o', OUTCOMES])]);
  });

  it('at most 50 fields of a large input', async () => {
    const logins = Array.from({ length: 1_000 }, () => aLogin({ outcome: 'MAYBE' }));

    const { body } = await post(app(), mutationOf('recordLogins'), { input: { portalId: UNKNOWN_ID, logins } });

    expect(body.errors?.[0]?.extensions?.['fields']).toHaveLength(50);
  });

  it('the arguments of a query', async () => {
    const query =
      'query ($id: ID!, $o: LoginOutcome) { logins(portalId: $id, first: FEW, filter: { outcome: $o }) { edges { cursor } } }';
    const onlyVariables = query.replace('first: FEW, ', '');

    const asLiteral = await post(app(), query, { id: UNKNOWN_ID });
    const asVariable = await post(app(), onlyVariables, { id: UNKNOWN_ID, o: 'MAYBE' });
    const strict = await post(app(), onlyVariables, { o: 'MAYBE' }, { accept: 'application/graphql-response+json' });

    expect(asLiteral.body.errors).toEqual([errorOf(['first', 'must be of type Int'])]);
    expect(asVariable.body.errors).toEqual([errorOf(['filter.outcome', OUTCOMES])]);
    expect(strict.body.errors).toEqual([errorOf(['portalId', 'is needed'], ['filter.outcome', OUTCOMES])]);
    expect([asLiteral.status, asVariable.status, strict.status]).toEqual([200, 200, 400]);
  });

  it('the arguments of a subscription over WebSocket and server-sent events', async () => {
    const query = 'subscription ($x: Boolean!) { webhookStatusChanged(webhooks: { all: $x }) { position } }';
    const asLiteral = 'subscription { webhookStatusChanged(webhooks: { all: 5 }) { position } }';
    const error = errorOf(['webhooks.all', 'must be of type Boolean']);
    const socket = await openAuthorizedSocket(app());

    socket.subscribe('1', query, { x: 'yes' });
    const overSocket = await socket.next();
    await socket.next();
    socket.subscribe('2', asLiteral);
    const literalOverSocket = await socket.next();
    const { events } = await eventStream(app(), query, { x: 'yes' });
    const overEvents = (await events.next()).value;

    expect(overSocket).toEqual({ type: 'next', id: '1', payload: { errors: [error] } });
    expect(literalOverSocket).toEqual({ type: 'error', id: '2', payload: [error] });
    expect(JSON.parse(overEvents?.data ?? '')).toEqual({ errors: [error] });
  });
});

describe('a malformed time or UUID reaches the operation, which refuses it with its field:', () => {
  it('in a mutation, as a Refusal', async () => {
    const portalId = await registerPortal(app());
    const replay = { portalId: 'x', startAt: '2026-01-01', endAt: '2026-01-02T00:00:00Z' };
    const fields = [
      { field: 'portalId', reason: expect.stringContaining('must be a UUID') },
      { field: 'startAt', reason: NO_TIME },
    ];

    expect(await mutate(app(), 'requestReplay', replay)).toMatchObject({ code: 'INVALID_INPUT', fields });
    const query = `mutation { requestReplay(input: ${literal(replay)}) { ... on Refusal { code fields { field reason } } } }`;
    expect((await post(app(), query)).body).toMatchObject({
      data: { requestReplay: { code: 'INVALID_INPUT', fields } },
    });
    expect(
      await mutate(app(), 'recordLogins', { portalId, logins: [aLogin(), aLogin({ occurredAt: 5 })] }),
    ).toMatchObject({
      fields: [{ field: 'logins[1].occurredAt', reason: NO_TIME }],
    });
    const since = { portalId, enabled: true, catchUp: 'SINCE', since: 'then' };
    expect(await mutate(app(), 'configureWebhook', since)).toMatchObject({
      fields: [{ field: 'since', reason: NO_TIME }],
    });
  });

  it('in a query, as an error', async () => {
    const query =
      'query ($id: ID!, $to: DateTime) { logins(portalId: $id, filter: { from: "then", to: $to }) { edges { cursor } } }';

    const { body } = await post(app(), query, { id: await registerPortal(app()), to: 5 });

    const error = errorOf(['filter.from', NO_TIME], ['filter.to', NO_TIME]);
    expect(body.errors).toMatchObject([{ ...error, path: ['logins'] }]);
  });

  it('inside a choice, by its whole path', async () => {
    const query = 'query ($id: ID!) { deliveries(portalId: $id, webhooks: { id: "x" }) { edges { cursor } } }';

    const { body } = await post(app(), query, { id: await registerPortal(app()) });

    expect(body.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', fields: [{ field: 'webhooks.id' }] } }]);
  });
});
