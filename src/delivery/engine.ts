/**
 * The delivery engine: after each commit, it runs the lanes that the commit concerns, step by step. The result of a step is an
 * event, so a new process continues where the last one stopped. The memory holds only which lanes are running, and one timer
 * for each lane that waits.
 */

import { Refusal } from '../domain/refusal.js';
import { nounOf, type StreamName, streamId } from '../domain/stream.js';
import type { Tail } from '../log/tail.js';
import { createService, type Service } from '../runtime/service.js';
import { createLaneRunner, type LaneRunnerContext } from './lane-runner.js';

/** How long a lane waits after the log could not be written, or after an unexpected error, in ms. */
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
  // Lanes that wait after an error. Waking them has no effect.
  const paused = new Set<string>();
  const timers = new Map<string, () => void>();
  let unwatch = () => {};

  /** Wakes the lanes that a stream concerns. Delivery events come from the lanes themselves. */
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
    // `running` must contain this lane before its first step ends.
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

  /** Does one step of a lane. @returns false if there is nothing to do until the lane is woken */
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
      // First watch, then wake all lanes: an event that is appended in between is seen twice, never missed.
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
