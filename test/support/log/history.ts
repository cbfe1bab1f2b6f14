/** Histories that a running server makes: commands, a fake clock, a network that fails, and crashes. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { executeRecordLogins } from '../../../src/api/record-logins.js';
import { type App, createApp } from '../../../src/app.js';
import { createDestination } from '../../../src/delivery/kinds/input.js';
import { createLaneView } from '../../../src/delivery/lane-view.js';
import type { Sender } from '../../../src/delivery/transport/types.js';
import type { Outcome } from '../../../src/domain/lane/attempt.js';
import { openDeliveries } from '../../../src/domain/lane/lane.js';
import { Refusal } from '../../../src/domain/refusal.js';
import type { ReplayScope } from '../../../src/domain/replay.js';
import { cutAt } from '../../../src/domain/retention.js';
import { writeRangeId } from '../../../src/domain/undelivered.js';
import type { CatchUp } from '../../../src/domain/webhook.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { createService } from '../../../src/runtime/service.js';
import { FakeClock } from '../clock/fake-clock.js';
import { seededRandom } from '../clock/random.js';
import { LOGIN } from '../domain/events.js';
import { temporaryDirectory, testConfig } from '../server/app.js';
import { copyDatabase } from './faults.js';
import { CAUSE, turn } from './fixture.js';

const PORTALS = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'] as const;
const DESTINATIONS = 3;
/** More turns of the event loop than any step needs between two events. */
const QUIET_TURNS = 20;
const EVENTS_OF_A_STEP = 7;

export type Step =
  | { do: 'record'; portal: number; count: number }
  /** In every portal at once. */
  | { do: 'record all'; count: number }
  | { do: 'configure'; portal: number; destination: number; enabled: boolean; catchUp?: CatchUp }
  /** Creates a second webhook, or continues it after its removal; a webhook that exists is refused. */
  | { do: 'create webhook'; portal: number; destination: number; catchUp?: CatchUp }
  /** Removes the second webhook. */
  | { do: 'remove webhook'; portal: number }
  | { do: 'remove' | 'retire'; portal: number }
  | { do: 'change destination'; destination: number; what: 'format' | 'endpoint' | 'authorization' | 'delete' }
  /** Applies to the oldest undelivered ranges; `ranges` is their number. */
  | { do: 'redeliver' | 'discard'; portal: number; ranges: number }
  /** A replay of everything that was recorded so far. */
  | { do: 'request replay'; portal: number; scope: ReplayScope }
  | { do: 'cancel replay'; portal: number }
  | { do: 'wait'; ms: number }
  /** Lets the engine work for some turns of the event loop, not until it is idle. */
  | { do: 'let run'; turns: number }
  /** Prunes what is older. The pruning stops after some steps of a few events, even if it is not complete. */
  | { do: 'prune'; portal: number; ageMs: number; undeliveredAgeMs: number; steps: number }
  /** The process crashes after some more events, in the middle of its work, and another one continues. */
  | { do: 'crash'; afterEvents: number };

/** Of 16 answers: how many are 200, 503, 401 and 413. The others are 202 and slow. */
interface Network {
  good: number;
  retryable: number;
  final: number;
  tooLarge: number;
}
const MIXED: Network = { good: 6, retryable: 4, final: 2, tooLarge: 1 };

/** A sender whose answer depends only on the delivery and the attempt number. */
function simulateSender(clock: FakeClock, network: Network, inFlight: Set<string>): Sender {
  const attempts = new Map<string, number>();
  return {
    ...createService('sender', { stop() {} }),
    async send(_, { deliveryId }) {
      const attempt = (attempts.get(deliveryId) ?? 0) + 1;
      attempts.set(deliveryId, attempt);
      const draw = createHash('sha256').update(`${deliveryId}/${attempt}`).digest().readUInt8() % 16;
      const attemptedAt = clock.now();
      const { good, retryable, final, tooLarge } = network;
      if (draw >= good + retryable + final + tooLarge) {
        inFlight.add(deliveryId);
        await new Promise<void>((resolve) => clock.at(attemptedAt + 100 * draw, resolve));
        inFlight.delete(deliveryId);
      }
      const outcome = (verdict: Outcome['verdict'], responseCode: number): Outcome => ({
        verdict,
        responseCode,
        message: `answer ${responseCode}`,
        retryAfterMs: responseCode === 503 && draw % 2 ? 4_000 : null,
        attemptedAt,
        durationMs: clock.now() - attemptedAt,
      });
      if (draw < good) return outcome('DELIVERED', 200);
      if (draw < good + retryable) return outcome('RETRYABLE', 503);
      if (draw < good + retryable + final) return outcome('FINAL', 401);
      return draw < good + retryable + final + tooLarge ? outcome('TOO_LARGE', 413) : outcome('DELIVERED', 202);
    },
  };
}

export interface History {
  /** The data directory of the last process. Its files are closed. */
  dataDir: string;
  /** The errors that the processes logged. */
  faults: string[];
  /** The types of all events, also of pruned ones. */
  types: Set<string>;
}

/**
 * Plays steps with a server in a temporary directory.
 *
 * @param retention settings, by their environment variables
 * @param settle waits until the engine is idle after each step, so that the history is the same each time
 */
export async function play(
  steps: readonly Step[],
  { seed = 'history', settle = false, network = MIXED, retention = {} } = {},
): Promise<History> {
  const directory = temporaryDirectory();
  const clock = new FakeClock();
  const faults: string[] = [];
  const types = new Set<string>();
  let inFlight = new Set<string>();
  const env = {
    AUDITWIRE_MASTER_KEY: Buffer.alloc(32, 3).toString('base64'),
    AUDITWIRE_SHUTDOWN_SECONDS: '0',
    ...retention,
  };
  const config = (process: number) =>
    testConfig(directory, { ...env, AUDITWIRE_DATA_DIR: join(directory, String(process)) });
  let processes = 0;
  let crashIn: number | null = null;
  let app = await start();

  async function start(): Promise<App> {
    const process = processes;
    const { dataDir } = config(process);
    const answering = new Set<string>();
    inFlight = answering;
    // Errors of a process that has crashed do not count: its engine runs with closed files.
    const logger = createLogger('error', { write: (line) => void (process === processes && faults.push(line)) });
    return createApp(config(process), logger, {
      clock,
      random: seededRandom(`${seed}/${processes}`),
      createSender: () => simulateSender(clock, network, answering),
      // This runs within a transaction: the files on disk are those of the last commit.
      project({ type }) {
        types.add(type);
        if (crashIn === null || crashIn-- > 0) return;
        crashIn = null;
        copyDatabase(dataDir, config(process + 1).dataDir);
      },
    });
  }

  /** Continues with the copied files. What the crashed process wrote after the copy is lost. */
  async function continueFromCopy(): Promise<void> {
    const crashed = app;
    processes += 1;
    await crashed.stop();
    app = await start();
  }

  /** Waits until each lane is idle or waits for a time or an answer, or until no more events are appended. */
  async function settled(): Promise<void> {
    const { models, log } = app.services;
    const { line } = config(processes);
    const view = createLaneView({ models, log, clock, line });
    const isSettled = (portalId: string) => {
      const { lane } = models.lanes.get(portalId);
      const { step } = view.nextStep(portalId);
      // While an attempt is in flight, its lane takes no next step.
      const isInFlight = openDeliveries(lane).some(({ deliveryId }) => inFlight.has(deliveryId));
      return step.type === 'IDLE' || step.type === 'WAIT' || isInFlight;
    };
    // A lane may also wait for a destination that is paused.
    for (let head = -1, quiet = 0; quiet < QUIET_TURNS && !models.lanes.webhookIds().every(isSettled); ) {
      await turn();
      quiet = log.head() === head ? quiet + 1 : 0;
      head = log.head();
    }
  }

  const destinationId = (index: number) =>
    app.services.models.destinations.page({ limit: 9, inverted: false })[index]?.id;

  async function perform(step: Step): Promise<unknown> {
    const { commands } = app.services;
    const portalId = 'portal' in step ? (PORTALS[step.portal] ?? PORTALS[0]) : PORTALS[0];
    switch (step.do) {
      case 'record':
        return record(portalId, step.count);
      case 'record all':
        return Promise.all(PORTALS.map((id) => record(id, step.count)));
      case 'configure':
        return commands.execute(
          'configureWebhook',
          {
            portalId,
            destinationId: destinationId(step.destination),
            enabled: step.enabled,
            catchUp: step.catchUp,
            since: step.catchUp === 'SINCE' ? clock.now() - 5_000 : undefined,
          },
          CAUSE,
        );
      case 'create webhook':
        return commands.execute(
          'createWebhook',
          {
            portalId,
            name: 'archive',
            destinationId: destinationId(step.destination) ?? '',
            enabled: true,
            catchUp: step.catchUp,
            since: step.catchUp === 'SINCE' ? clock.now() - 5_000 : undefined,
          },
          CAUSE,
        );
      case 'remove webhook': {
        const archive = app.services.models.webhooks.ofPortal(portalId).find(({ name }) => name === 'archive');
        return commands.execute('removeWebhook', { portalId, webhookId: archive?.id ?? portalId }, CAUSE);
      }
      case 'remove':
        return commands.execute('removeWebhook', { portalId }, CAUSE);
      case 'retire':
        return commands.execute('retirePortal', { id: portalId }, CAUSE);
      case 'change destination':
        return changeDestination(step.what, destinationId(step.destination) ?? PORTALS[0]);
      case 'redeliver':
        return commands.execute('redeliver', { ids: listed(portalId, step.ranges) }, CAUSE);
      case 'discard':
        return commands.execute(
          'discardUndelivered',
          { ids: listed(portalId, step.ranges), reason: 'not needed' },
          CAUSE,
        );
      case 'request replay':
        return commands.execute(
          'requestReplay',
          { portalId, startAt: 0, endAt: clock.now(), scope: step.scope },
          CAUSE,
        );
      case 'cancel replay':
        return commands.execute('cancelReplay', { portalId }, CAUSE);
      case 'wait':
        return clock.advance(step.ms);
      case 'let run':
        return turn(step.turns);
      case 'prune':
        return prune(portalId, step);
      case 'crash':
        crashIn = step.afterEvents;
        return null;
      default:
        return step satisfies never;
    }
  }

  /** The ids of the oldest undelivered ranges, at most `limit`. */
  function listed(portalId: string, limit: number): string[] {
    const page = { limit, inverted: false };
    const states = ['WAITING', 'REQUESTED', 'NEEDS_ACTION'] as const;
    return app.services.models.undelivered.page(portalId, states, page).map(writeRangeId);
  }

  function record(portalId: string, count: number): Promise<unknown> {
    const logins = Array.from({ length: count }, (_, index) => ({
      ...LOGIN,
      occurredAt: index % 3 ? clock.now() : clock.now() - index,
      clientTraceId: index % 4 ? `trace-${index % 3}` : undefined,
      idempotencyKey: index % 2 ? undefined : `key-${clock.now()}-${index}`,
    }));
    const { commands, random } = app.services;
    return executeRecordLogins(commands, random, { portalId, logins }, CAUSE);
  }

  async function prune(portalId: string, { ageMs, undeliveredAgeMs, steps: count }: Extract<Step, { do: 'prune' }>) {
    const { commands } = app.services;
    const cut = cutAt(clock.now(), { ageMs, undeliveredAgeMs, sizeBytes: null });
    const prunable = await commands.execute('snapshotLanes', { portalId, cut }, CAUSE);
    for (let step = 0; prunable && step < count; step += 1) {
      await commands.execute('pruneHistory', { portalId, ...prunable, limit: EVENTS_OF_A_STEP }, CAUSE);
    }
  }

  function changeDestination(what: 'format' | 'endpoint' | 'authorization' | 'delete', id: string): Promise<unknown> {
    const { commands, models } = app.services;
    if (what === 'delete') return commands.execute('deleteDestination', { id }, CAUSE);
    const format = models.destinations.get(id)?.logFormat === 'CEF' ? 'JSON' : 'CEF';
    const change = {
      format: { logFormat: format } as const,
      endpoint: { endpoint: `https://siem.example.com/${clock.now()}` },
      authorization: { authorization: `Bearer ${clock.now()}` },
    }[what];
    return commands.execute('updateDestination', { id, ...change }, CAUSE);
  }

  for (const [index, id] of PORTALS.entries())
    await app.services.commands.execute('registerPortal', { id, name: `Portal ${index}` }, CAUSE);
  for (let index = 0; index < DESTINATIONS; index += 1) {
    const input = { endpoint: 'https://siem.example.com', name: `SIEM ${index}`, authorization: `Bearer ${index}` };
    await app.services.commands.execute('createDestination', createDestination.parse(input), CAUSE);
  }
  for (const step of steps) {
    await Promise.resolve(perform(step)).catch((error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
    });
    if (settle) await settled();
    if (crashIn === null && isCopied()) await continueFromCopy();
  }
  crashIn = null;
  const { dataDir } = config(processes);
  processes += 1;
  await app.stop();
  return { dataDir, faults, types };

  function isCopied(): boolean {
    return existsSync(config(processes + 1).dataDir);
  }
}
