import type { Outcome } from '../domain/lane/attempt.js';
import type { LineSettings } from '../domain/log-line.js';
import { notFound, Refusal } from '../domain/refusal.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Clock } from '../runtime/clock.js';
import { type Random, randomTraceId, randomUuid } from '../runtime/random.js';
import type { Secrets } from '../vault/secrets.js';
import { createSigners } from '../vault/signing-keys.js';
import { encode, writeTestLine } from './batch/encode.js';
import { targetOf } from './kinds/http/target.js';
import type { Sender } from './transport/types.js';

/** Each holds a connection for up to half a minute, at the word of a caller. */
const MAX_TESTS_AT_A_TIME = 4;

/** Sends one line to a destination, as a delivery would, and says what came of it. */
export type TestDestination = (destinationId: string) => Promise<Outcome>;

interface DestinationTestContext {
  models: ReadModels;
  secrets: Secrets;
  sender: Sender;
  clock: Clock;
  random: Random;
  line: Omit<LineSettings, 'organizationId'>;
}

/** A test is one try, once: nothing of it is recorded, and no webhook's status changes. */
export function createDestinationTest({
  models,
  secrets,
  sender,
  clock,
  random,
  line,
}: DestinationTestContext): TestDestination {
  const signerOf = createSigners(models.issuer.signingKey, secrets);
  let underWay = 0;

  function postTo({ logFormat }: DestinationRow) {
    const { signingKeyId, organizationId } = models.issuer.current();
    const written = writeTestLine(clock.now(), randomTraceId(random), logFormat, { ...line, organizationId });
    const body = encode([written], logFormat, signerOf(signingKeyId));
    return { deliveryId: randomUuid(random), body, isTest: true };
  }

  /** @throws Refusal if there is no such destination, or too many tests are under way */
  return async (destinationId) => {
    const destination = models.destinations.get(destinationId);
    if (!destination) throw notFound('destination', destinationId);
    if (underWay >= MAX_TESTS_AT_A_TIME) {
      throw new Refusal('UNAVAILABLE', `${MAX_TESTS_AT_A_TIME} tests are under way; wait until one of them has ended.`);
    }
    underWay += 1;
    try {
      return await sender.send(targetOf(destination, secrets), postTo(destination));
    } finally {
      underWay -= 1;
    }
  };
}
