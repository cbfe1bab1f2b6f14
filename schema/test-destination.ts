import { type AnsweredTest, lastTest, testDestination } from '../src/api/destinations.js';
import type { DestinationTest } from '../src/domain/destination-test.js';
import { excerptDescription, messageDescription } from './answer.js';
import { builder } from './builder.js';
import { DeliveryPhase, warningDescription } from './delivery.js';
import { DestinationType } from './destination.js';
import { orRefusal, resultUnion } from './error.js';

const TestOutcome = builder.interfaceRef<DestinationTest>('TestOutcome').implement({
  description: 'How a test of a destination ended.',
  fields: (t) => ({
    delivered: t.exposeBoolean('delivered', { description: 'Whether the receiver accepted the line.' }),
    attemptedAt: t.expose('attemptedAt', { type: 'DateTime', description: 'When the attempt started.' }),
    durationMs: t.exposeInt('durationMs', { description: 'How long the attempt took, in milliseconds.' }),
    phase: t.expose('phase', {
      type: DeliveryPhase,
      nullable: true,
      description: 'The phase in which the attempt ended.',
    }),
    responseCode: t.exposeInt('responseCode', {
      nullable: true,
      description: 'The HTTP status code; null if none was received.',
    }),
    message: t.exposeString('message', { description: messageDescription }),
  }),
});

const DestinationTestType = builder.objectRef<DestinationTest>('DestinationTest').implement({
  description: 'A test of a destination that was recorded.',
  interfaces: [TestOutcome],
});

builder.objectField(DestinationType, 'lastTest', (t) =>
  t.field({
    type: DestinationTestType,
    nullable: true,
    description: 'The last test of the destination; null if there was none within the retention time.',
    resolve: ({ id }, _, context) => lastTest(id, context),
  }),
);

const TestDestinationInput = builder.inputType('TestDestinationInput', {
  description: 'The destination to test.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The UUID of the destination.' }) }),
});

const TestDestinationSuccess = builder.objectRef<AnsweredTest>('TestDestinationSuccess').implement({
  description: 'The test was made. `delivered` shows whether the receiver accepted the line.',
  interfaces: [TestOutcome],
  fields: (t) => ({
    responseExcerpt: t.exposeString('responseExcerpt', {
      nullable: true,
      description: `${excerptDescription} null if there is none.`,
    }),
    warning: t.exposeString('warning', {
      nullable: true,
      description: warningDescription,
    }),
  }),
});

builder.mutationField('testDestination', (t) =>
  t.field({
    type: resultUnion('TestDestination', TestDestinationSuccess),
    description:
      'Sends one line that is marked as a test (`AUDITWIRE_TEST`, header `X-Auditwire-Test: true`), signed and sent like any delivery. Waits for the answer for at most 30 seconds. The outcome is recorded, and does not change the status of a webhook.',
    args: { input: t.arg({ type: TestDestinationInput, required: true, description: 'The destination.' }) },
    resolve: (_, { input }, context) => orRefusal(() => testDestination(input, context)),
  }),
);
