import { type EgressProxy, USER_AGENT } from '../config.js';
import type { LogReader } from '../log/sqlite/read.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Secrets } from '../vault/secrets.js';
import { createSigners } from '../vault/signing-keys.js';
import { createRenderer, type Plan, type Rendered } from './batch/render.js';
import type { AddressGuard } from './egress/address-guard.js';
import { createEngine, type EngineDeps } from './engine.js';
import type { createSender } from './transport/sender.js';

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

/** What the engine needs, but for the sender, which is made here. */
interface DeliveryDeps extends Omit<EngineDeps, 'sender'> {
  guard: AddressGuard;
  egressProxy: EgressProxy | null;
  createSender: typeof createSender;
}

/** The engine and the connections that it sends over. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  const { guard, clock, egressProxy } = deps;
  const sender = deps.createSender({ guard, clock, userAgent: USER_AGENT, egressProxy });
  return { ...createEngine({ ...deps, sender }), close: () => sender.close() };
}

/** Renders in the calling thread. `unsigned` leaves the signatures out, to measure what they cost. */
export function createRender({ log, models, secrets }: Reading, unsigned: boolean): (plan: Plan) => Rendered {
  return createRenderer(log, unsigned ? () => () => '' : createSigners(models.issuer, secrets));
}
