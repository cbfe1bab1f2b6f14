import { viewer } from '../src/api/viewer.js';
import { builder } from './builder.js';

const ViewerType = builder.objectRef<ReturnType<typeof viewer>>('Viewer').implement({
  description: 'The caller and the server.',
  fields: (t) => ({
    tokenId: t.exposeID('tokenId', { description: 'The UUID of your token.' }),
    tokenName: t.exposeString('name', { description: 'The name of your token.' }),
    organizationId: t.exposeID('organizationId', {
      description: 'The UUID of the organisation: `org_id` in a log line.',
    }),
    serverVersion: t.exposeString('serverVersion', { description: 'The version of the server.' }),
    position: t.string({
      description:
        'The last position of the event log. Pass it as `after` of a subscription to get everything that happens after this answer.',
      resolve: ({ position }) => String(position),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerType,
    description: 'Your token and this server.',
    resolve: (_, __, context) => viewer(null, context),
  }),
);
