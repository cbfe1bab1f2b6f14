import type { z } from 'zod';
import type { DomainEvent, Recorded } from '../domain/event.js';
import type { registerPortal, renamePortal, retirePortal } from '../domain/portal.js';
import { decide, evolve, idIsTaken, type Portal, type PortalCommand, type PortalEvent } from '../domain/portal.js';
import type { Cause, StreamName } from '../domain/stream.js';
import { streamOf } from '../domain/stream.js';
import { randomUuid } from '../runtime/random.js';
import { type CommandContext } from './context.js';
import { removal } from './webhook.js';

export function portalHandlers(context: CommandContext) {
  const { log, writer, models, random } = context;

  function handle(
    command: PortalCommand,
    cause: Cause,
    now: number,
    moreChanges: () => ReturnType<typeof removal> = () => [],
  ): string {
    const stream: StreamName = streamOf('portal', command.id);
    const portal = log.range(stream, 1, Number.MAX_SAFE_INTEGER).filter(isPortalEvent).reduce<Portal>(evolve, null);
    const events = decide(command, portal);
    if (events.length) writer.append([{ stream, events }, ...moreChanges()], cause, now);
    return command.id;
  }

  return {
    /** @returns the portal's id */
    registerPortal(input: z.output<typeof registerPortal>, cause: Cause, now: number) {
      const { id } = input;
      // The webhook "default" of the new portal would have the id of that webhook. An id means one node of the API.
      const isTaken = id && (models.webhooks.get(id) ?? models.destinations.get(id));
      if (isTaken && !models.portals.get(id)) throw idIsTaken(id);
      return handle({ type: 'RegisterPortal', id: id ?? randomUuid(random), name: input.name }, cause, now);
    },
    renamePortal: (input: z.output<typeof renamePortal>, cause: Cause, now: number) =>
      handle({ type: 'RenamePortal', ...input }, cause, now),
    /** Also removes the webhooks of the portal. */
    retirePortal: (input: z.output<typeof retirePortal>, cause: Cause, now: number) =>
      handle({ type: 'RetirePortal', ...input }, cause, now, () =>
        models.webhooks
          .ofPortal(input.id)
          .filter(({ destinationId }) => destinationId !== null)
          .flatMap((webhook) => removal(context, webhook, now)),
      ),
  };
}

function isPortalEvent(event: Recorded | DomainEvent): event is Recorded<PortalEvent> {
  return event.type === 'PortalRegistered' || event.type === 'PortalRenamed' || event.type === 'PortalRetired';
}
