import type { LogReader } from '../log/event-log.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Service } from '../runtime/service.js';
import { USER_AGENT } from '../runtime/version.js';
import type { Secrets } from '../vault/secrets.js';
import { createSigners } from '../vault/signing-keys.js';
import { createRenderer, type Plan, type Rendered } from './batch/render.js';
import type { AddressGuard } from './egress/address-guard.js';
import { createEngine, type EngineContext } from './engine.js';
import type { createSender } from './transport/sender.js';
import type { EgressProxy } from './transport/types.js';

/** What reads the log and the read models over one connection. */
export interface Reading {
  log: LogReader;
  models: ReadModels;
  secrets: Secrets;
}

export interface DeliveryServices {
  /** Lets attempts in flight end, and starts no others. */
  engine: Service;
  /** Its stop cuts off attempts in flight. They have no outcome, and are made again at the next start. */
  sender: Service;
}

/** What the engine needs, except the sender, which is made here. */
interface DeliveryContext extends Omit<EngineContext, 'sender'> {
  guard: AddressGuard;
  egressProxy: EgressProxy | null;
  createSender: typeof createSender;
}

/** The engine, and the connections to receivers that it sends over. */
export function createDeliveryServices(context: DeliveryContext): DeliveryServices {
  const { guard, clock, egressProxy } = context;
  const sender = context.createSender({ guard, clock, userAgent: USER_AGENT, egressProxy });
  return { engine: createEngine({ ...context, sender }), sender };
}

/** Renders in the calling thread. `unsigned` leaves the signatures out, to measure what they cost. */
export function createRender({ log, models, secrets }: Reading, unsigned: boolean): (plan: Plan) => Rendered {
  return createRenderer(log, unsigned ? () => () => '' : createSigners(models.issuer.signingKey, secrets));
}
