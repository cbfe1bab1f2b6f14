import { getNamedType, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../schema/schema.js';
import {
  createDestination,
  dataOf,
  expectRefusal,
  mutate,
  post,
  registerPortal,
  UNKNOWN_ID,
} from '../support/graphql/calls.js';
import { startLane } from '../support/graphql/lane.js';
import { sharedApp } from '../support/server/shared-app.js';

const app = sharedApp();

type Caller = Parameters<typeof dataOf>[0];
type Node = Record<string, unknown>;

const NODE = '__typename id ... on Webhook { name webhookId } ... on Destination { endpoint }';

async function nodesOf(caller: Caller, ids: string[]): Promise<(Node | null)[]> {
  const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ${NODE} } }`;
  return (await dataOf<{ nodes: (Node | null)[] }>(caller, query, { ids })).nodes;
}

async function nodeOf(caller: Caller, id: string): Promise<Node | null> {
  const query = `query ($id: ID!) { node(id: $id) { ${NODE} } }`;
  return (await dataOf<{ node: Node | null }>(caller, query, { id })).node;
}

describe('a node', () => {
  it('is a portal, a webhook or a destination, which the query node reads by its id', async () => {
    const portalId = await registerPortal(app());
    const destinationId = await createDestination(app());
    const created = await mutate<{ webhook: { id: string } }>(app(), 'createWebhook', {
      portalId,
      name: 'archive',
      destinationId,
    });
    const other = { __typename: 'Webhook', name: 'archive', webhookId: created.webhook.id };
    const expected = [
      { __typename: 'Portal', id: portalId },
      { __typename: 'Destination', id: destinationId, endpoint: 'https://127.0.0.1:444/collector' },
      { __typename: 'Webhook', id: `webhook:${portalId}`, name: 'default', webhookId: portalId },
      { ...other, id: `webhook:${created.webhook.id}` },
    ];

    const { portal } = await dataOf<{ portal: { id: string; webhooks: { id: string }[] } }>(
      app(),
      'query ($id: ID!) { portal(id: $id) { id webhooks { id } } }',
      { id: portalId },
    );
    const ids = [portal.id, destinationId, ...portal.webhooks.map(({ id }) => id)];

    expect(new Set(ids).size).toBe(4);
    expect(await nodesOf(app(), ids)).toEqual(expected);
    for (const [index, id] of ids.entries()) expect(await nodeOf(app(), id)).toEqual(expected[index]);
  });

  it('is an undelivered range, until it is delivered', async () => {
    const lane = await startLane();
    await lane.refuse(2);
    const [range] = await lane.listed();

    expect(await nodeOf(lane, range?.id ?? '')).toEqual({ __typename: 'UndeliveredRange', id: range?.id });
    await mutate(lane, 'discardUndelivered', { ids: [range?.id], reason: 'a test' });
    const gone = Buffer.from(`${lane.portalId}.2.999`).toString('base64url');
    expect(await nodeOf(lane, gone)).toBeNull();
  });

  it('that does not exist is null, at its place in a list', async () => {
    const portalId = await registerPortal(app());

    expect(await nodesOf(app(), [UNKNOWN_ID, portalId, `webhook:${UNKNOWN_ID}`])).toMatchObject([
      null,
      { __typename: 'Portal' },
      null,
    ]);
  });

  it('has an id that can be read: others are refused with their place', async () => {
    const reason = expect.stringContaining('is not an id of a node');
    const one = await post(app(), '{ node(id: "x") { id } }');
    const list = await post(app(), `{ nodes(ids: ["${UNKNOWN_ID}", "webhook:x"]) { id } }`);
    const long = await post(app(), 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: Array.from({ length: 101 }, () => UNKNOWN_ID),
    });

    const errorOf = (field: string, expected: unknown) => [
      { extensions: { code: 'INVALID_INPUT', fields: [{ field, reason: expected }] } },
    ];
    expect(one.body.errors).toMatchObject(errorOf('id', reason));
    expect(list.body.errors).toMatchObject(errorOf('ids[1]', reason));
    expect(long.body.errors).toMatchObject(errorOf('ids', 'must hold at most 100 ids; split the call'));
  });

  it('never has the id of another: a portal cannot be registered with the id of a destination', async () => {
    const id = await createDestination(app(), { name: 'Other' });

    await expectRefusal(
      app(),
      'registerPortal',
      { id, name: 'Portal' },
      { __typename: 'Conflict', code: 'ALREADY_EXISTS' },
    );
  });

  it('of a connection has an id, except logins and deliveries, which are not nodes', () => {
    const connections = Object.values(schema.getTypeMap()).filter(({ name }) => name.endsWith('Edge'));
    const notNodes = connections.flatMap((edge) => {
      const node = isObjectType(edge) ? getNamedType(edge.getFields()['node']?.type) : undefined;
      return isObjectType(node) && !node.getInterfaces().some(isNode) ? [node.name] : [];
    });

    expect(notNodes.sort()).toEqual(['Delivery', 'Login']);
  });
});

const isNode = (type: unknown) => isInterfaceType(type) && type.name === 'Node';

it('every argument for a webhook takes the id of its node, too', async () => {
  const portalId = await registerPortal(app(), 'Second');
  const destinationId = await createDestination(app(), { name: 'Third' });
  const webhookId = `webhook:${portalId}`;

  const configured = await mutate(app(), 'configureWebhook', { portalId, webhookId, destinationId });
  const query = `query ($portalId: ID!, $webhookId: ID!) {
    webhook(id: $webhookId) { webhookId }
    replayJob(portalId: $portalId, webhookId: $webhookId) { status }
    deliveries(portalId: $portalId, webhooks: { id: $webhookId }) { edges { cursor } }
  }`;

  expect(configured).toMatchObject({ __typename: 'ConfigureWebhookSuccess', webhook: { id: portalId } });
  expect(await dataOf(app(), query, { portalId, webhookId })).toEqual({
    webhook: { webhookId: portalId },
    replayJob: { status: 'UNCONFIGURED' },
    deliveries: { edges: [] },
  });
  expect(await mutate(app(), 'removeWebhook', { portalId, webhookId })).toMatchObject({ webhook: { enabled: false } });
});
