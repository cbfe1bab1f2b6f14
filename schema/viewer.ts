import { viewer } from '../src/api/viewer.js';
import { builder } from './builder.js';

const ViewerType = builder.objectRef<ReturnType<typeof viewer>>('Viewer').implement({
  description: 'Who calls, and whom.',
  fields: (t) => ({
    tokenId: t.exposeID('tokenId', { description: 'The UUID of your token.' }),
    tokenName: t.exposeString('name', { description: 'The name of your token.' }),
    organizationId: t.exposeID('organizationId', {
      description: 'The UUID of the organisation: `org_id` in a log line.',
    }),
    serverVersion: t.exposeString('serverVersion', { description: 'The version of the server.' }),
    position: t.string({
      description: 'Where the log ends: subscribe with it as `after` to see all that comes after this answer.',
      resolve: ({ position }) => String(position),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerType,
    description: 'Who you are to the server.',
    resolve: (_, __, context) => viewer(null, context),
  }),
);
