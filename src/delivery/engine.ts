/**
 * The delivery engine: woken by the log, it runs one lane a portal, step after step. What a step did is an event, so that a
 * new process goes on where the last one stopped. In memory there is only which lanes are running and one timer for each
 * that waits.
 */

import { Refusal } from '../domain/refusal.js';
import { nounOf, type StreamName, streamId } from '../domain/stream.js';
import type { Tail } from '../log/tail.js';
import { createService, type Service } from '../runtime/service.js';
import { createLaneRunner, type LaneRunnerContext } from './lane-runner.js';

/** How long a lane waits after the log could not be written, or after a fault of our own. */
const PAUSE_MS = 1_000;

export interface EngineContext extends LaneRunnerContext {
  tail: Tail;
  onFault: (error: unknown, portalId: string) => void;
}

export function createEngine(context: EngineContext): Service {
  const { tail, models, clock, onFault } = context;
  const stopping = new AbortController();
  const { signal } = stopping;
  const runner = createLaneRunner(context, signal, (destinationId) => {
    for (const { id } of models.webhooks.portalsUsing(destinationId)) wake(id);
  });
  const running = new Map<string, Promise<void>>();
  const wokenAgain = new Set<string>();
  // After a fault: woken or not, they wait.
  const paused = new Set<string>();
  const timers = new Map<string, () => void>();
  let unwatch = () => {};

  /** Wakes the lanes that a stream is about. Delivery events come from the lanes themselves. */
  function follow(stream: StreamName): void {
    const id = streamId(stream);
    switch (nounOf(stream)) {
      case 'login':
        return wake(id);
      case 'webhook':
      case 'undelivered':
      case 'replay':
        return reconsider(id);
      case 'destination':
        for (const portal of models.webhooks.portalsUsing(id)) reconsider(portal.id);
    }
  }

  function reconsider(portalId: string): void {
    runner.reconsider(portalId);
    wake(portalId);
  }

  function wake(portalId: string): void {
    if (signal.aborted || paused.has(portalId)) return;
    if (running.has(portalId)) wokenAgain.add(portalId);
    else running.set(portalId, run(portalId));
  }

  async function run(portalId: string): Promise<void> {
    // So that `running` holds this lane before its first step ends it.
    await Promise.resolve();
    timers.get(portalId)?.();
    timers.delete(portalId);
    do {
      wokenAgain.delete(portalId);
      while (!signal.aborted && (await advance(portalId)));
    } while (!signal.aborted && !paused.has(portalId) && wokenAgain.has(portalId));
    runner.idle(portalId);
    running.delete(portalId);
  }

  /** One step of a lane. False: there is nothing to do until the lane is woken. */
  async function advance(portalId: string): Promise<boolean> {
    try {
      const next = await runner.advance(portalId);
      if (typeof next === 'object') wakeAt(portalId, next.until);
      return next === 'again';
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof Refusal)) onFault(error, portalId);
      paused.add(portalId);
      wakeAt(portalId, clock.now() + PAUSE_MS);
      return false;
    }
  }

  function wakeAt(portalId: string, time: number): void {
    if (signal.aborted) return;
    timers.get(portalId)?.();
    timers.set(
      portalId,
      clock.at(time, () => {
        timers.delete(portalId);
        paused.delete(portalId);
        wake(portalId);
      }),
    );
  }

  return createService('delivery', {
    start() {
      // First the watch, then the lanes as they are: what is appended in between is seen twice, never missed.
      unwatch = tail.watch((touched) => {
        for (const stream of touched) follow(stream);
      });
      const portalIds = models.lanes.portalIds();
      runner.restore(portalIds);
      for (const portalId of portalIds) wake(portalId);
    },
    async stop() {
      stopping.abort();
      unwatch();
      for (const cancel of timers.values()) cancel();
      timers.clear();
      await Promise.allSettled(running.values());
    },
  });
}
