import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import { GraphQLError } from 'graphql';
import type { Context } from '../src/api/context.js';

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
    pageInfoTypeOptions: { description: 'Where a page ends, and whether there is more.' },
    hasNextPageFieldOptions: { description: 'Whether something follows this page: pass `endCursor` as `after`.' },
    hasPreviousPageFieldOptions: {
      description: 'Whether something precedes this page: pass `startCursor` as `before`.',
    },
    startCursorFieldOptions: { description: 'The cursor of the first entry; null in an empty page.' },
    endCursorFieldOptions: { description: 'The cursor of the last entry; null in an empty page.' },
    pageInfoFieldOptions: { description: 'Where the page ends, and whether there is more.' },
    edgesFieldOptions: { description: 'The entries, each with its cursor.' },
    nodeFieldOptions: { description: 'The entry itself.', nullable: false },
    cursorFieldOptions: { description: 'An opaque place in the list.' },
    beforeArgOptions: { description: 'Only what stands before this cursor.' },
    afterArgOptions: { description: 'Only what stands after this cursor.' },
    firstArgOptions: { description: 'At most so many entries from the start (default 20).' },
    lastArgOptions: { description: 'At most so many entries from the end.' },
  },
});

/** The values of an enum, each with its description. */
export function describedValues<V extends string>(values: readonly V[], descriptions: Record<V, string>) {
  return Object.fromEntries(values.map((value) => [value, { value, description: descriptions[value] }])) as Record<
    V,
    { value: V; description: string }
  >;
}

builder.queryType({ description: 'What there is. Reads see everything that was acknowledged.' });
builder.mutationType({
  description:
    'What changes something. Each takes an `input` and answers with a union: a success, or a `Refusal` that says what to do. An answer means that the change is durable.',
});
builder.subscriptionType({
  description:
    'What happens, live: over WebSocket (graphql-transport-ws) or server-sent events (POST with `Accept: text/event-stream`). Every payload has a `position`; pass the last one you saw as `after` when you reconnect, and nothing is missed or repeated.',
});

builder.scalarType('DateTime', {
  description:
    'A time in ISO 8601 with a time zone, such as `2026-01-31T12:00:00.000Z`; to the millisecond, in UTC when the server says it.',
  serialize: (value) => new Date(value).toISOString(),
  parseValue: parseTime,
});

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function parseTime(value: unknown): Date {
  const date = typeof value === 'string' && ISO_8601.test(value) ? new Date(value) : null;
  if (!date || Number.isNaN(date.getTime())) {
    throw new GraphQLError('must be an ISO 8601 time with a time zone, such as 2026-01-31T12:00:00Z');
  }
  return date;
}
