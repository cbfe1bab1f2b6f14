import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { aLogin, post, registerPortal } from '../../support/graphql/calls.js';
import { openAuthorizedSocket } from '../../support/graphql/socket.js';
import { startApp } from '../../support/server/app.js';

const aliases = (count: number) =>
  `{ ${Array.from({ length: count }, (_, index) => `a${index}: viewer { tokenId }`).join(' ')} }`;

/** An introspection query with this number of levels below a field. */
const depth = (levels: number) =>
  `{ __schema { types { fields { type ${'{ ofType '.repeat(levels)}{ name }${' }'.repeat(levels)} } } } }`;

const overLimits: [string, string, RegExp][] = [
  ['too deep', nested(20), /depth/i],
  ['with too many aliases', aliases(31), /alias/i],
  ['with too many tokens', `{ ${'viewer { tokenId } '.repeat(1_100)} }`, /token/i],
  ['with too many directives', `{ viewer { tokenId ${'@include(if: true) '.repeat(31)} } }`, /directive/i],
];

/** A query with fragments inside fragments, which count as levels. */
function nested(levels: number): string {
  let inner = 'status { pending }';
  for (let level = 0; level < levels; level += 1) inner = `... on Webhook { ${inner} }`;
  return `{ portals { edges { node { webhook { ${inner} } } } } }`;
}

describe('an operation', () => {
  it.each(overLimits)('%s is refused with an error that names the limit', async (_, query, pattern) => {
    const test = await startApp();

    const { body } = await post(test, query);

    expect(body.data).toBeUndefined();
    expect(body.errors?.[0]?.message).toMatch(pattern);
    expect(body.errors?.[0]?.message).toMatch(/limit.*Split the operation/i);
    expect(body.errors?.[0]?.message).not.toContain('Syntax Error');
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: expect.any(String) });
  });

  it.each(overLimits)('%s is refused over WebSocket, too', async (_, query, pattern) => {
    const test = await startApp();
    const socket = await openAuthorizedSocket(test);

    socket.subscribe('1', query);

    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ message: expect.stringMatching(pattern) }],
    });
  });

  it('with 30 aliases is within the limits, and so is the introspection of GraphiQL', async () => {
    const test = await startApp();

    expect((await post(test, aliases(30))).body.errors).toBeUndefined();
    expect((await post(test, getIntrospectionQuery({ inputValueDeprecation: true }))).body.errors).toBeUndefined();
    expect((await post(test, depth(7))).body.errors).toBeUndefined();
  });

  it('may contain 50 logins in its text', async () => {
    const test = await startApp();
    const portalId = await registerPortal(test);
    const fields = Object.entries(aLogin({ request: '/x', userAgent: 'x', principalId: 'x', traceId: 'x' }));
    const login = fields.map(([name, value]) => `${name}: ${/^[A-Z]+$/.test(String(value)) ? value : `"${value}"`}`);
    const logins = Array.from({ length: 50 }, () => `{ ${login.join(', ')} }`);

    const query = `mutation { recordLogins(input: { portalId: "${portalId}", logins: [${logins.join(', ')}] }) { __typename } }`;

    expect((await post(test, query)).body).toEqual({ data: { recordLogins: { __typename: 'RecordLoginsSuccess' } } });
  });
});
