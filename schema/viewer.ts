import { VERSION } from '../src/config.js';
import { builder } from './builder.js';

const ViewerType = builder.objectRef<{ tokenId: string; name: string }>('Viewer').implement({
  description: 'Who calls, and whom.',
  fields: (t) => ({
    tokenId: t.exposeID('tokenId', { description: 'The UUID of your token.' }),
    tokenName: t.exposeString('name', { description: 'The name of your token.' }),
    organizationId: t.id({
      description: 'The UUID of the organisation: `org_id` in a log line.',
      resolve: (_, __, { models }) => models.issuer.organizationId() ?? '',
    }),
    serverVersion: t.string({ description: 'The version of the server.', resolve: () => VERSION }),
    position: t.string({
      description: 'Where the log ends: subscribe with it as `after` to see all that comes after this answer.',
      resolve: (_, __, { tail }) => String(tail.head()),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({ type: ViewerType, description: 'Who you are to the server.', resolve: (_, __, { viewer }) => viewer }),
);
