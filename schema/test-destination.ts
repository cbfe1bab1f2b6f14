import { testDestination } from '../src/api/destinations.js';
import type { Outcome } from '../src/domain/lane/attempt.js';
import { builder } from './builder.js';
import { DeliveryPhase } from './delivery.js';
import { orRefusal, resultUnion } from './error.js';

const TestDestinationInput = builder.inputType('TestDestinationInput', {
  description: 'The destination to test.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Its UUID.' }) }),
});

const TestDestinationSuccess = builder.objectRef<Outcome>('TestDestinationSuccess').implement({
  description: 'The test was made; whether the receiver took the line is in `delivered`.',
  fields: (t) => ({
    delivered: t.boolean({
      description: 'Whether the receiver took the line.',
      resolve: ({ verdict }) => verdict === 'DELIVERED',
    }),
    attemptedAt: t.expose('attemptedAt', { type: 'DateTime', description: 'When the try began.' }),
    durationMs: t.exposeInt('durationMs', { description: 'How long it took, in milliseconds.' }),
    phase: t.expose('phase', { type: DeliveryPhase, nullable: true, description: 'The phase it ended in.' }),
    responseCode: t.exposeInt('responseCode', {
      nullable: true,
      description: 'The HTTP status code; null if none was received.',
    }),
    message: t.exposeString('message', {
      description: 'What the receiver said, or what kept it from speaking; cut short.',
    }),
    responseExcerpt: t.exposeString('responseExcerpt', {
      nullable: true,
      description:
        'The start of what the receiver said against it, at most 1,024 characters on their lines, without the Authorization value; null if it said nothing.',
    }),
  }),
});

builder.mutationField('testDestination', (t) =>
  t.field({
    type: resultUnion('TestDestination', TestDestinationSuccess),
    description:
      'Sends one line that says it is a test (`AUDITWIRE_TEST`, header `X-Auditwire-Test: true`), signed and over the same way as any delivery, and waits for the answer: at most half a minute. Nothing is recorded, and the status of no webhook changes.',
    args: { input: t.arg({ type: TestDestinationInput, required: true, description: 'The destination.' }) },
    resolve: (_, { input }, context) => orRefusal(() => testDestination(input, context)),
  }),
);
