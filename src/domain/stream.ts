/** Streams of the log: their names, and what every event in them carries. */

/** What a stream is about. One stream holds the events of one noun with one id. */
const nouns = [
  'portal',
  'destination',
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

/** @param id of the portal for `webhook`, `login`, `delivery`, `undelivered` and `replay`; else of the noun itself */
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

/** The streams of a portal that its lane is folded from. */
export function laneStreams(portalId: string): StreamName[] {
  return laneNouns.map((noun) => streamOf(noun, portalId));
}

/** The id in a stream's name. */
export function streamId(stream: StreamName): string {
  return stream.slice(stream.indexOf('-') + 1);
}

/** Who caused an event: `actor` is a token (`token-<id>`) or `system`; `traceId` ties it to a request. */
export interface Cause {
  actor: string;
  traceId: string;
}

/** The actor of everything that the server does by itself. */
export const SYSTEM = 'system';

/** Where and when an event was recorded. `version` counts from 1 in its stream; `recordedAt` (ms) never decreases. */
export interface Envelope extends Cause {
  position: number;
  stream: StreamName;
  version: number;
  recordedAt: number;
}
