import * as api from '../src/api/node.js';
import { builder } from './builder.js';

/** The interface of Relay's "GraphQL Global Object Identification Specification". */
export const NodeInterface = builder.interfaceRef<{ id: string; nodeType?: api.Node['type'] }>('Node').implement({
  description:
    'Something that can be read again by its id: a portal, a webhook, a destination or an undelivered range. No two nodes have the same id.',
  resolveType: ({ nodeType }) => nodeType,
  fields: (t) => ({ id: t.exposeID('id', { description: 'The id, for the query `node`.' }) }),
});

const typed = (node: api.Node | null) => node && { ...node.value, nodeType: node.type };

builder.queryField('node', (t) =>
  t.field({
    type: NodeInterface,
    nullable: true,
    description: 'A node by its id; null if it does not exist.',
    args: { id: t.arg.id({ required: true, description: 'The `id` of the node.' }) },
    resolve: (_, { id }, context) => typed(api.node(id, context)),
  }),
);

builder.queryField('nodes', (t) =>
  t.field({
    type: [NodeInterface],
    nullable: { list: false, items: true },
    description: 'Nodes by their ids, in the order of the ids, with null for each that does not exist.',
    args: { ids: t.arg.idList({ required: true, description: 'At most 100 ids.' }) },
    resolve: (_, { ids }, context) => api.nodes(ids, context).map(typed),
  }),
);
