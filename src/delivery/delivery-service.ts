import type { LogReader } from '../log/event-log.js';
import type { ReadModels } from '../projections/read-models.js';
import type { Service } from '../runtime/service.js';
import { USER_AGENT } from '../runtime/version.js';
import type { Secrets } from '../vault/secrets.js';
import type { Signers } from '../vault/signing-keys.js';
import { createRenderer, type Plan, type Rendered } from './batch/render.js';
import type { AddressGuard } from './egress/address-guard.js';
import { createEngine, type EngineContext } from './engine.js';
import type { createSender } from './transport/sender.js';
import type { EgressProxy } from './transport/types.js';

/** The log, the read models, the secrets and the signing keys, read over one connection. */
export interface Reading {
  log: LogReader;
  models: ReadModels;
  secrets: Secrets;
  signers: Signers;
}

export interface DeliveryServices {
  /** Its stop waits for attempts in flight. No others start. */
  engine: Service;
  /** Its stop ends attempts in flight at once. They have no outcome, and the next start makes them again. */
  sender: Service;
}

/** The context of the engine, and what its sender is made from. */
interface DeliveryContext extends Omit<EngineContext, 'sender'> {
  guard: AddressGuard;
  egressProxy: EgressProxy | null;
  createSender: typeof createSender;
}

/** Makes the engine and its sender. */
export function createDeliveryServices(context: DeliveryContext): DeliveryServices {
  const { guard, clock, egressProxy } = context;
  const sender = context.createSender({ guard, clock, userAgent: USER_AGENT, egressProxy });
  return { engine: createEngine({ ...context, sender }), sender };
}

/** Renders in the calling thread. `unsigned` leaves the signatures out, to measure their cost. */
export function createRender(
  { log, signers }: Pick<Reading, 'log' | 'signers'>,
  unsigned: boolean,
): (plan: Plan) => Rendered {
  return createRenderer(
    log,
    unsigned ? () => (lines, attach) => lines.map((line) => attach(line, '')) : signers.signerOf,
  );
}
