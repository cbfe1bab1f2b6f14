/**
 * The delivery engine: woken by the log, it runs one lane a portal, step after step. What a step did is an event, so that a
 * new process goes on where the last one stopped. In memory there is only which lanes are running and one timer for each
 * that waits.
 */
import { type StreamName, streamId } from '../domain/event.js';
import { Refusal } from '../domain/refusal.js';
import type { Tail } from '../log/tail.js';
import { createSteps, type StepDeps } from './lane-runner.js';

/** How long a lane waits after the log could not be written, or after a fault of our own. */
const PAUSE_MS = 1_000;

export interface EngineDeps extends StepDeps {
  tail: Tail;
  onFault: (error: unknown, portalId: string) => void;
}

export interface Engine {
  start(): void;
  /** Lets what is under way end, and starts nothing more. */
  stop(): Promise<void>;
}

export function createEngine(deps: EngineDeps): Engine {
  const { tail, models, clock, onFault } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const steps = createSteps(deps, signal, (destinationId) => {
    for (const { id } of models.webhooks.portalsUsing(destinationId)) poke(id);
  });
  const running = new Map<string, Promise<void>>();
  const pokedAgain = new Set<string>();
  // After a fault: poked or not, they wait.
  const paused = new Set<string>();
  const timers = new Map<string, () => void>();
  let unwatch = () => {};

  /** Makes the lanes look again that a stream is about. What a lane does itself, it follows up itself. */
  function follow(stream: StreamName): void {
    if (stream.startsWith('login-')) poke(streamId(stream));
    if (/^(webhook|undelivered|replay)-/.test(stream)) reconsider(streamId(stream));
    if (stream.startsWith('destination-')) {
      for (const { id } of models.webhooks.portalsUsing(streamId(stream))) reconsider(id);
    }
  }

  function reconsider(portalId: string): void {
    steps.reconsider(portalId);
    poke(portalId);
  }

  function poke(portalId: string): void {
    if (signal.aborted || paused.has(portalId)) return;
    if (running.has(portalId)) pokedAgain.add(portalId);
    else running.set(portalId, run(portalId));
  }

  async function run(portalId: string): Promise<void> {
    // So that `running` holds this lane before its first step ends it.
    await Promise.resolve();
    timers.get(portalId)?.();
    timers.delete(portalId);
    do {
      pokedAgain.delete(portalId);
      while (!signal.aborted && (await advance(portalId)));
    } while (!signal.aborted && !paused.has(portalId) && pokedAgain.has(portalId));
    steps.rested(portalId);
    running.delete(portalId);
  }

  /** One step of a lane. False: there is nothing to do until the lane is poked. */
  async function advance(portalId: string): Promise<boolean> {
    try {
      const next = await steps.advance(portalId);
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
        poke(portalId);
      }),
    );
  }

  return {
    start() {
      // First the watch, then the lanes as they are: what is appended in between is seen twice, never missed.
      unwatch = tail.watch((touched) => {
        for (const stream of touched) follow(stream);
      });
      const portalIds = models.lanes.portalIds();
      steps.restore(portalIds);
      for (const portalId of portalIds) poke(portalId);
    },
    async stop() {
      stopping.abort();
      unwatch();
      for (const cancel of timers.values()) cancel();
      timers.clear();
      await Promise.allSettled(running.values());
    },
  };
}
