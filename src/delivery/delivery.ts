import type { Clock } from '../clock.js';
import type { Commands } from '../commands/handlers.js';
import type { Config } from '../config.js';
import type { LogReader } from '../log/read.js';
import type { Tail } from '../log/tail.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Random } from '../random.js';
import type { Secrets } from '../secrets.js';
import type { AddressGuard } from './address-guard.js';
import { createEngine, type EngineDeps } from './engine.js';
import { createRenderer, type Plan, type Rendered } from './render.js';
import type { createSender, Sender } from './send.js';
import { createSigners } from './sign.js';

/** What reads the log and the read models over one connection. */
export interface Reading {
  log: LogReader;
  models: ReadModels;
  secrets: Secrets;
}

export interface Delivery {
  start(): void;
  /** Lets what is under way end, and starts nothing more. */
  stop(): Promise<void>;
  /** Cuts off what is still on the wire: it has no outcome, and is sent again at the next start. */
  close(): Promise<void>;
}

export interface DeliveryDeps extends Reading, Pick<EngineDeps, 'render' | 'renderers' | 'onRecorded' | 'onFault'> {
  config: Pick<Config, 'line'>;
  userAgent: string;
  commands: Commands;
  tail: Tail;
  guard: AddressGuard;
  clock: Clock;
  random: Random;
  createSender: typeof createSender;
}

/** The engine and the connections that it sends over. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  const { config, guard, clock, userAgent } = deps;
  const sender: Sender = deps.createSender({ guard, clock, userAgent });
  const engine = createEngine({ ...deps, sender, line: config.line });
  return { ...engine, close: () => sender.close() };
}

/** Renders in the calling thread. `unsigned` leaves the signatures out, to measure what they cost. */
export function createRender({ log, models, secrets }: Reading, unsigned: boolean): (plan: Plan) => Rendered {
  return createRenderer(log, unsigned ? () => () => '' : createSigners(models.identity, secrets));
}
