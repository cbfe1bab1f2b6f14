import { defineCommand } from 'citty';
import { succeeded } from '../client/client.js';
import {
  CancelReplayDocument,
  ReplayJobDocument,
  type ReplayJobFieldsFragment,
  RequestReplayDocument,
} from '../client/generated/graphql.js';
import { replayScopes } from '../domain/replay.js';
import { count } from '../runtime/count.js';
import { clientCommand } from './client-command.js';
import { portalArgs, webhookArg, webhookIdOf } from './portals.js';
import { oneOf, time } from './values.js';

const NO_REPLAY = 'There is no replay of this webhook; "replay start" makes one.';

const start = clientCommand(
  { name: 'start', description: 'Send the logins that a portal recorded in a time range again.' },
  {
    ...portalArgs,
    ...webhookArg,
    'start-at': {
      type: 'string',
      description: 'Send logins that were recorded at this time or later, such as 2026-01-31T12:00:00Z',
      valueHint: 'time',
      required: true,
    },
    'end-at': {
      type: 'string',
      description: 'Send logins that were recorded at this time or earlier',
      valueHint: 'time',
      required: true,
    },
    scope: {
      type: 'string',
      description: `Which logins of the time range to send: ${replayScopes.join(', ')} (ALL by default)`,
      valueHint: 'scope',
    },
  },
  async (client, args) => {
    const portalId = args['portal-id'];
    const startAt = time('--start-at', args['start-at']);
    const endAt = time('--end-at', args['end-at']);
    const scope = oneOf('--scope', replayScopes, args.scope);
    const webhookId = await webhookIdOf(client, portalId, args.webhook);
    const input = { portalId, webhookId, startAt, endAt, scope };
    const { replayJob } = succeeded((await client.call(RequestReplayDocument, { input })).requestReplay);
    return { json: replayJob, lines: describe(replayJob) };
  },
);

const status = clientCommand(
  { name: 'status', description: 'Print the last replay of a webhook.' },
  { ...portalArgs, ...webhookArg },
  async (client, { 'portal-id': portalId, webhook }) => {
    const webhookId = await webhookIdOf(client, portalId, webhook);
    const { replayJob } = await client.call(ReplayJobDocument, { portalId, webhookId });
    return { json: replayJob, lines: describe(replayJob) };
  },
);

const cancel = clientCommand(
  { name: 'cancel', description: 'Cancel the replay of a webhook.' },
  { ...portalArgs, ...webhookArg },
  async (client, { 'portal-id': portalId, webhook }) => {
    const webhookId = await webhookIdOf(client, portalId, webhook);
    const answer = await client.call(CancelReplayDocument, { input: { portalId, webhookId } });
    const { replayJob } = succeeded(answer.cancelReplay);
    return { json: replayJob, lines: describe(replayJob) };
  },
);

function describe({ status: state, startAt, endAt, scope, total, sent, rejected, message }: ReplayJobFieldsFragment) {
  if (state === 'UNCONFIGURED') return [NO_REPLAY];
  const range = startAt && endAt ? ` of ${scope} from ${startAt} to ${endAt}` : '';
  // Before it starts, the number of its logins is not known.
  const progress = startAt && state !== 'ACCEPTED' ? [`${sent} of ${count(total, 'login')} sent`] : [];
  const parts = [state, ...progress, ...(rejected ? [`${rejected} rejected`] : [])];
  return [`Replay${range}: ${parts.join(', ')}`, ...(message ? [`  ${message}`] : [])];
}

export const replayCommand = defineCommand({
  meta: { name: 'replay', description: 'Start, follow and cancel a replay: sending recorded logins again.' },
  subCommands: { start, status, cancel },
});
