import { positionCursor } from '../src/api/page.js';
import * as api from '../src/api/portals.js';
import { defaultWebhook, holdsBackMost, webhooks } from '../src/api/webhooks.js';
import { builder } from './builder.js';
import { orRefusal, resultUnion } from './error.js';
import { NodeInterface } from './node.js';
import { pageOf } from './page.js';
import { WebhookType } from './webhook.js';

const MAX_PAGE = 100;

const PortalType = builder.objectRef<api.Portal>('Portal').implement({
  interfaces: [NodeInterface],
  description: 'A developer portal. Auditwire records its logins and delivers them with its webhooks.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The UUID of the portal: `portal_id` in a log line.' }),
    name: t.exposeString('name', { description: 'The name. Portals may have the same name.' }),
    registeredAt: t.expose('registeredAt', { type: 'DateTime', description: 'When the portal was registered.' }),
    retiredAt: t.expose('retiredAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the portal was retired; null if it is not. A retired portal accepts no new logins; its recorded logins are kept.',
    }),
    webhook: t.field({
      type: WebhookType,
      description:
        'The webhook `default`, which every portal has. An operation that names only the portal means this webhook. Its state is UNCONFIGURED until you configure it.',
      resolve: ({ id }, _, context) => defaultWebhook(id, context),
    }),
    webhooks: t.field({
      type: [WebhookType],
      description:
        'All webhooks of the portal, at most 10: `default` first, the others in the order of their creation. A removed webhook is listed while it has undelivered logins.',
      resolve: ({ id }, _, context) => webhooks(id, context),
    }),
    holdsBackMost: t.field({
      type: WebhookType,
      nullable: true,
      description:
        'The webhook that needs the oldest login, so that this login and all later ones are not pruned; null if no webhook needs one.',
      resolve: ({ id }, _, context) => holdsBackMost(id, context),
    }),
  }),
});

builder.queryField('portal', (t) =>
  t.field({
    type: PortalType,
    nullable: true,
    description: 'A portal by its id; null if it does not exist.',
    args: { id: t.arg.id({ required: true, description: 'The UUID of the portal.' }) },
    resolve: (_, { id }, context) => api.portal(id, context),
  }),
);

builder.queryField('portals', (t) =>
  t.connection(
    {
      type: PortalType,
      description: 'The portals, in the order of their registration. A page has at most 100.',
      args: {
        includeRetired: t.arg.boolean({ defaultValue: false, description: 'Whether to list retired portals, too.' }),
      },
      resolve: (_, args, context) =>
        pageOf(args, MAX_PAGE, positionCursor, (page) =>
          api.portals({ ...page, includeRetired: args.includeRetired ?? false }, context),
        ),
    },
    { name: 'PortalConnection', description: 'A page of portals.' },
    { name: 'PortalEdge', description: 'A portal in a page.' },
  ),
);

const portalSuccess = (name: string, description: string) =>
  builder.objectRef<{ portal: api.Portal }>(name).implement({
    description,
    fields: (t) => ({ portal: t.expose('portal', { type: PortalType, description: 'The portal as it is now.' }) }),
  });

const RegisterPortalInput = builder.inputType('RegisterPortalInput', {
  description: 'A portal to register.',
  fields: (t) => ({
    id: t.id({ description: 'The UUID of the portal, if it has one already; otherwise the server makes one.' }),
    name: t.string({ required: true, description: 'The name; 1 to 256 characters.' }),
  }),
});

builder.mutationField('registerPortal', (t) =>
  t.field({
    type: resultUnion('RegisterPortal', portalSuccess('RegisterPortalSuccess', 'The portal is registered.')),
    description: 'Registers a portal. The same call again, with the same id and name, changes nothing.',
    args: { input: t.arg({ type: RegisterPortalInput, required: true, description: 'The portal.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ portal: await api.registerPortal(input, context) })),
  }),
);

const RenamePortalInput = builder.inputType('RenamePortalInput', {
  description: 'A new name for a portal.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The UUID of the portal.' }),
    name: t.string({ required: true, description: 'The new name; 1 to 256 characters.' }),
  }),
});

builder.mutationField('renamePortal', (t) =>
  t.field({
    type: resultUnion('RenamePortal', portalSuccess('RenamePortalSuccess', 'The portal is renamed.')),
    description: 'Renames a portal.',
    args: { input: t.arg({ type: RenamePortalInput, required: true, description: 'The portal and its new name.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ portal: await api.renamePortal(input, context) })),
  }),
);

const RetirePortalInput = builder.inputType('RetirePortalInput', {
  description: 'A portal to retire.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The UUID of the portal.' }) }),
});

builder.mutationField('retirePortal', (t) =>
  t.field({
    type: resultUnion('RetirePortal', portalSuccess('RetirePortalSuccess', 'The portal is retired.')),
    description:
      'Retires a portal: its webhooks are removed, new logins are refused, and the recorded logins are kept. Logins that were due and not delivered become undelivered.',
    args: { input: t.arg({ type: RetirePortalInput, required: true, description: 'The portal.' }) },
    resolve: (_, { input }, context) => orRefusal(async () => ({ portal: await api.retirePortal(input, context) })),
  }),
);
