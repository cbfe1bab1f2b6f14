import type { Outcome } from '../domain/lane/attempt.js';
import type { LineSettings } from '../domain/log-line.js';
import { notFound, Refusal } from '../domain/refusal.js';
import type { DestinationRow } from '../projections/destinations.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Clock } from '../runtime/clock.js';
import { type Random, randomTraceId, randomUuid } from '../runtime/random.js';
import type { Secrets } from '../vault/secrets.js';
import type { Signers } from '../vault/signing-keys.js';
import { encode, writeTestLine } from './batch/encode.js';
import { targetOf } from './kinds/http/target.js';
import type { Sender } from './transport/types.js';

/** Any caller can start tests, and each test holds a connection for up to 30 s. */
const MAX_TESTS_AT_A_TIME = 4;

/** Sends one line to a destination, as a delivery does, and returns the outcome. */
export type TestDestination = (destinationId: string) => Promise<Outcome>;

interface DestinationTestContext {
  models: ReadModels;
  secrets: Secrets;
  signers: Signers;
  sender: Sender;
  clock: Clock;
  random: Random;
  line: Omit<LineSettings, 'organizationId'>;
}

/** A test is one attempt, whatever its outcome. It changes the status of no webhook. */
export function createDestinationTest({
  models,
  secrets,
  signers,
  sender,
  clock,
  random,
  line,
}: DestinationTestContext): TestDestination {
  let inFlight = 0;

  function testRequest({ logFormat }: DestinationRow) {
    const { signingKeyId, organizationId } = models.issuer.current();
    const written = writeTestLine(clock.now(), randomTraceId(random), logFormat, { ...line, organizationId });
    const body = encode([written], logFormat, signers.signerOf(signingKeyId));
    return { deliveryId: randomUuid(random), body, isTest: true };
  }

  /** @throws Refusal if the destination does not exist, or if too many tests are in progress */
  return async (destinationId) => {
    const destination = models.destinations.get(destinationId);
    if (!destination) throw notFound('destination', destinationId, 'id');
    if (inFlight >= MAX_TESTS_AT_A_TIME) {
      throw new Refusal(
        'UNAVAILABLE',
        `${MAX_TESTS_AT_A_TIME} tests are in progress; wait until one of them has ended.`,
      );
    }
    inFlight += 1;
    try {
      return await sender.send(targetOf(destination, secrets), testRequest(destination));
    } finally {
      inFlight -= 1;
    }
  };
}
