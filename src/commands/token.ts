import { type Cause, streamOf } from '../domain/stream.js';
import { randomUuid } from '../runtime/random.js';
import type { CommandContext } from './context.js';

export function tokenHandlers({ writer, models, random }: CommandContext) {
  return {
    /** Issues an administrator's token by its hash; the log never holds the token. `revokeOthers` revokes all earlier tokens. */
    issueToken(input: { name: string; hash: string; revokeOthers: boolean }, cause: Cause, now: number): string {
      const id = randomUuid(random);
      const { name, hash } = input;
      const others = input.revokeOthers ? models.tokens.all() : [];
      writer.append(
        [
          { stream: streamOf('token', id), events: [{ type: 'TokenIssued', data: { name, hash } }] },
          ...others.map((token) => ({
            stream: streamOf('token', token.id),
            events: [{ type: 'TokenRevoked' as const, data: {} }],
          })),
        ],
        cause,
        now,
      );
      return id;
    },
  };
}
