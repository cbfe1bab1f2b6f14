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
  onFault: (error: unknown, webhookId: string) => void;
}

export function createEngine(context: EngineContext): Service {
  const { tail, models, clock, onFault } = context;
  const stopping = new AbortController();
  const { signal } = stopping;
  const runner = createLaneRunner(context, signal, (destinationId) => {
    for (const webhookId of lanesUsing(destinationId)) wake(webhookId);
  });
  const running = new Map<string, Promise<void>>();
  const wokenAgain = new Set<string>();
  // Lanes that wait after an error. Waking them has no effect.
  const paused = new Set<string>();
  const timers = new Map<string, () => void>();
  let unwatch = () => {};

  /** A webhook and the removed webhooks of its portal, which may send through it. */
  function lanesWith(webhookId: string): string[] {
    const siblings = models.webhooks.ofPortal(models.webhooks.portalIdOf(webhookId));
    const removed = siblings.filter(({ id, destinationId }) => id !== webhookId && destinationId === null);
    return [webhookId, ...removed.map(({ id }) => id)];
  }

  /** The lanes that may send to a destination. */
  function lanesUsing(destinationId: string): Set<string> {
    const { webhooks } = models;
    return new Set([...webhooks.using(destinationId).map(({ id }) => id), ...webhooks.removedBeside(destinationId)]);
  }

  /** Wakes the lanes that a stream concerns. Delivery events come from the lanes themselves. */
  function follow(stream: StreamName): void {
    const id = streamId(stream);
    switch (nounOf(stream)) {
      case 'login':
        for (const webhookId of models.webhooks.enabledOf(id)) wake(webhookId);
        return;
      case 'webhook':
        // Removed webhooks of the portal may send through this one.
        for (const webhookId of lanesWith(id)) reconsider(webhookId);
        return;
      case 'undelivered':
      case 'replay':
        return reconsider(id);
      case 'destination':
        for (const webhookId of lanesUsing(id)) reconsider(webhookId);
    }
  }

  function reconsider(webhookId: string): void {
    runner.reconsider(webhookId);
    wake(webhookId);
  }

  function wake(webhookId: string): void {
    if (signal.aborted || paused.has(webhookId)) return;
    if (running.has(webhookId)) wokenAgain.add(webhookId);
    else running.set(webhookId, run(webhookId));
  }

  async function run(webhookId: string): Promise<void> {
    // `running` must contain this lane before its first step ends.
    await Promise.resolve();
    timers.get(webhookId)?.();
    timers.delete(webhookId);
    do {
      wokenAgain.delete(webhookId);
      while (!signal.aborted && (await advance(webhookId)));
    } while (!signal.aborted && !paused.has(webhookId) && wokenAgain.has(webhookId));
    runner.idle(webhookId);
    running.delete(webhookId);
  }

  /** Does one step of a lane. @returns false if there is nothing to do until the lane is woken */
  async function advance(webhookId: string): Promise<boolean> {
    try {
      const next = await runner.advance(webhookId);
      if (typeof next === 'object') wakeAt(webhookId, next.until);
      return next === 'again';
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof Refusal)) onFault(error, webhookId);
      paused.add(webhookId);
      wakeAt(webhookId, clock.now() + PAUSE_MS);
      return false;
    }
  }

  function wakeAt(webhookId: string, time: number): void {
    if (signal.aborted) return;
    timers.get(webhookId)?.();
    timers.set(
      webhookId,
      clock.at(time, () => {
        timers.delete(webhookId);
        paused.delete(webhookId);
        wake(webhookId);
      }),
    );
  }

  return createService('delivery', {
    start() {
      // First watch, then wake all lanes: an event that is appended in between is seen twice, never missed.
      unwatch = tail.watch((touched) => {
        for (const stream of touched) follow(stream);
      });
      for (const webhookId of models.lanes.webhookIds()) wake(webhookId);
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
