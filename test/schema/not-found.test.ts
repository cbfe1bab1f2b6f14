import { expect, it } from 'vitest';
import { post, UNKNOWN_ID } from '../support/graphql/calls.js';
import { openAuthorizedSocket } from '../support/graphql/socket.js';
import { sharedApp } from '../support/server/shared-app.js';

const app = sharedApp();
const REASON = 'is not the id of a portal; the query portals lists the ids';
const notFound = {
  message: `There is no portal with the id ${UNKNOWN_ID}; the query portals lists the ids.`,
  extensions: { code: 'NOT_FOUND', fields: [{ field: 'portalId', reason: REASON }] },
};

it.each([
  'replayJob(portalId: $id) { id }',
  'logins(portalId: $id) { edges { cursor } }',
  'deliveries(portalId: $id) { edges { cursor } }',
  'undelivered(portalId: $id) { edges { cursor } }',
])('a query of an unknown portal names the field and what to do: %s', async (selection) => {
  const { body } = await post(app(), `query ($id: ID!) { ${selection} }`, { id: UNKNOWN_ID });
  expect(body.errors).toMatchObject([notFound]);
});

it.each([
  'loginRecorded(portalId: $id) { position }',
  'deliveryAttempted(portalId: $id) { position }',
  'replayJobChanged(portalId: $id) { position }',
  'webhookStatusChanged(portalId: $id) { position }',
])('a subscription to an unknown portal does so, too: %s', async (selection) => {
  const socket = await openAuthorizedSocket(app());
  socket.subscribe('1', `subscription ($id: ID!) { ${selection} }`, { id: UNKNOWN_ID });
  expect(JSON.stringify((await socket.next()).payload)).toContain(JSON.stringify(notFound.extensions));
});
