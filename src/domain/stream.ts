/** The streams of the log: their names, and the fields that every event has. */

/** The kinds of streams. One stream holds the events of one noun with one id. */
const nouns = [
  'portal',
  'destination',
  'health',
  'test',
  'webhook',
  'login',
  'delivery',
  'undelivered',
  'replay',
  'token',
  'organization',
  'signing',
] as const;
export type Noun = (typeof nouns)[number];
const laneNouns: readonly Noun[] = ['webhook', 'delivery', 'undelivered', 'replay'];

export type StreamName = `${Noun}-${string}`;

/**
 * @param id the webhook's id for `webhook`, `delivery`, `undelivered` and `replay`; the portal's id for `login`; the destination's
 *   id for `health` and `test`; otherwise the id of the noun
 */
export function streamOf<N extends Noun>(noun: N, id: string): `${N}-${string}` {
  return `${noun}-${id}`;
}

export function nounOf(stream: StreamName): Noun {
  return stream.slice(0, stream.indexOf('-')) as Noun;
}

/** Whether a stream holds events of a lane. */
export function isLaneStream(stream: StreamName): boolean {
  return laneNouns.includes(nounOf(stream));
}

/** The streams that a webhook's lane is computed from. */
export function laneStreams(webhookId: string): StreamName[] {
  return laneNouns.map((noun) => streamOf(noun, webhookId));
}

/** The id in a stream's name. */
export function streamId(stream: StreamName): string {
  return stream.slice(stream.indexOf('-') + 1);
}

/** What caused an event: `actor` is a token (`token-<id>`) or `system`; `traceId` is the trace id of the call. */
export interface Cause {
  actor: string;
  traceId: string;
}

/** The actor of events that the server causes by itself. */
export const SYSTEM = 'system';

/** The fields of every recorded event. `version` counts from 1 in its stream; `recordedAt` (ms) never decreases. */
export interface Envelope extends Cause {
  position: number;
  stream: StreamName;
  version: number;
  recordedAt: number;
}
