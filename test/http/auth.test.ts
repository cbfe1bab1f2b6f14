import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { SYSTEM } from '../../src/domain/stream.js';
import { answerOf, post } from '../support/graphql/calls.js';
import { startApp } from '../support/server/app.js';

const VIEWER = '{ viewer { tokenName } }';
const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('without a token,', () => {
  it.each([
    ['a query by POST', { method: 'POST', body: JSON.stringify({ query: VIEWER }) }, ''],
    ['introspection', { method: 'POST', body: JSON.stringify({ query: getIntrospectionQuery() }) }, ''],
    ['a query by GET', { method: 'GET' }, `?query=${encodeURIComponent(VIEWER)}`],
    ['an empty GET', { method: 'GET' }, ''],
    [
      'server-sent events',
      { method: 'POST', headers: { accept: 'text/event-stream' }, body: '{"query":"subscription{x}"}' },
      '',
    ],
    ['a body that is not GraphQL', { method: 'POST', body: '}' }, ''],
    ['OPTIONS', { method: 'OPTIONS' }, ''],
    ['DELETE', { method: 'DELETE' }, ''],
  ])('%s is answered with 401', async (_, { headers = {}, ...init }: RequestInit, search) => {
    const test = await startApp();
    const request = { ...init, headers: { 'content-type': 'application/json', ...headers } };

    const { status, headers: given, body } = await answerOf(await fetch(test.url + search, request));

    expect(status).toBe(401);
    expect(given.get('www-authenticate')).toMatch(/^Bearer/);
    expect(given.get('content-type')).toContain('application/json');
    expect(body).toEqual({
      errors: [{ message: expect.stringContaining('token'), extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('a browser gets the GraphiQL page', async () => {
    const test = await startApp();

    const response = await fetch(test.url, { headers: { accept: HTML } });

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('<title>Auditwire</title>');
  });

  it('the public keys can be read', async () => {
    const test = await startApp();

    const response = await fetch(`${test.origin}/audit-log-webhook/jwks.json`);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      keys: [
        {
          kty: 'OKP',
          alg: 'EdDSA',
          crv: 'Ed25519',
          use: expect.anything(),
          kid: expect.any(String),
          x: expect.stringMatching(/^[\w-]{43}$/),
        },
      ],
    });
  });

  it('the health can be read', async () => {
    const test = await startApp();

    const response = await fetch(`${test.origin}/health`);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });
});

describe('a token', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])('is accepted after %j', async (scheme) => {
    const test = await startApp();

    const { body } = await post(test, VIEWER, {}, { authorization: `${scheme} ${test.token}` });

    expect(body).toEqual({ data: { viewer: { tokenName: 'admin' } } });
  });

  const cannotBeRead = { message: /cannot be read/, challenge: 'Bearer error="invalid_request"' };

  it.each([
    [
      'that is wrong',
      (token: string) => `Bearer ${token}x`,
      { message: /unknown/, challenge: 'Bearer error="invalid_token"' },
    ],
    ['of another scheme', (token: string) => `Basic ${token}`, cannotBeRead],
    ['without a scheme', (token: string) => token, cannotBeRead],
    ['that is empty', () => 'Bearer ', cannotBeRead],
    ['twice', (token: string) => `Bearer ${token}, Bearer ${token}`, cannotBeRead],
    ['in an empty header', () => '', { message: /needs a token/, challenge: 'Bearer' }],
  ])('%s is refused, and the answer says why', async (_, authorization, { message, challenge }) => {
    const test = await startApp();

    for (const accept of ['application/json', 'text/event-stream']) {
      const sent = { authorization: authorization(test.token), accept };
      const { status, text, body, headers } = await post(test, VIEWER, {}, sent);
      expect(status).toBe(401);
      expect(text).not.toContain(test.token);
      expect(body.errors).toMatchObject([{ message: expect.stringMatching(message) }]);
      expect(headers.get('www-authenticate')).toBe(challenge);
    }
  });

  it('that was revoked is refused as unknown', async () => {
    const test = await startApp();
    await test.app.services.commands.execute(
      'issueToken',
      { name: 'new', hash: 'x', revokeOthers: true },
      { actor: SYSTEM, traceId: '' },
    );

    const { status, body } = await post(test, VIEWER);

    expect(status).toBe(401);
    expect(body.errors?.[0]?.message).toContain('revoked');
  });

  it('in the URL is refused', async () => {
    const test = await startApp();

    const response = await fetch(`${test.url}?access_token=${test.token}&query=${encodeURIComponent(VIEWER)}`);

    expect(response.status).toBe(401);
  });
});
