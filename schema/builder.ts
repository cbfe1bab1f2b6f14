import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import type { Context } from '../src/api/context.js';
import { parseTime } from '../src/domain/time.js';

export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: number };
  };
}>({
  plugins: [RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    cursorType: 'String',
    pageInfoTypeOptions: {
      description: 'The first and the last cursor of a page, and whether there are more entries.',
    },
    hasNextPageFieldOptions: {
      description: 'Whether there are entries after this page. To read them, pass `endCursor` as `after`.',
    },
    hasPreviousPageFieldOptions: {
      description: 'Whether there are entries before this page. To read them, pass `startCursor` as `before`.',
    },
    startCursorFieldOptions: { description: 'The cursor of the first entry; null if the page is empty.' },
    endCursorFieldOptions: { description: 'The cursor of the last entry; null if the page is empty.' },
    pageInfoFieldOptions: {
      description: 'The first and the last cursor of the page, and whether there are more entries.',
    },
    edgesFieldOptions: { description: 'The entries, each with its cursor.' },
    nodeFieldOptions: { description: 'The entry itself.', nullable: false },
    cursorFieldOptions: { description: 'An opaque text that marks this entry. Pass it as `after` or `before`.' },
    beforeArgOptions: { description: 'Return only entries before this cursor.' },
    afterArgOptions: { description: 'Return only entries after this cursor.' },
    firstArgOptions: {
      description: 'Return at most this number of entries, from the start of the list; 20 by default.',
    },
    lastArgOptions: { description: 'Return at most this number of entries, from the end of the list.' },
  },
});

/** The values of an enum, each with its description. */
export function describedValues<V extends string>(values: readonly V[], descriptions: Record<V, string>) {
  return Object.fromEntries(values.map((value) => [value, { value, description: descriptions[value] }])) as Record<
    V,
    { value: V; description: string }
  >;
}

builder.queryType({ description: 'Operations that read. They see every change that a mutation has confirmed.' });
builder.mutationType({
  description:
    'Operations that change something. Each has an `input` and returns a union: a success, or a `Refusal` with a message that says what to do. A success means that the change is durable.',
});
builder.subscriptionType({
  description:
    'Live updates, over WebSocket (graphql-transport-ws) or server-sent events (POST with `Accept: text/event-stream`). Every payload has a `position`. When you reconnect, pass the last position that you received as `after`: then nothing is missed or repeated.',
});

builder.scalarType('DateTime', {
  description:
    'A time in ISO 8601 with a time zone, such as `2026-01-31T12:00:00.000Z`, with a precision of milliseconds. The server returns times in UTC.',
  serialize: (value) => new Date(value).toISOString(),
  // A text that is no time becomes an invalid Date: the operation refuses it with its field, like any other invalid input.
  parseValue: (value) => new Date((typeof value === 'string' ? parseTime(value) : null) ?? Number.NaN),
});
