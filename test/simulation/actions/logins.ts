/** Logins are recorded: one, a burst, some in every portal, or the same ones again. */
import { executeRecordLogins } from '../../../src/api/record-logins.js';
import { parse } from '../../../src/domain/input.js';
import type { LoginInput } from '../../../src/domain/login.js';
import { loginInput } from '../../../src/domain/login-input.js';
import type { Chance } from '../chance.js';
import { requestOf } from '../receivers.js';
import { type Action, anyPortal, type Call, type Scene } from '../scene.js';
import { CAUSE } from '../world.js';

/** Most logins of a call of recordLogins. */
const MAX_LOGINS = 1_000;

/** One login in so many has texts that a visitor made odd. */
const ODD_EVERY = 7;
const ODD = { sourceAddress: '203.0.113.9, 10.0.0.1', principalId: 'a=\0\ud800|\n\\u000a request=/x', traceId: 't' };

function inputOf(portal: number, number: number, hasKey: boolean, isLong: boolean): LoginInput {
  return parse(loginInput, {
    authenticationType: 'BASIC',
    outcome: number % 5 ? 'SUCCESS' : 'INVALID_PASSWORD',
    sourceAddress: '192.0.2.7',
    request: requestOf(portal, number),
    userAgent: isLong ? 'x'.repeat(3_000) : '',
    ...(number % ODD_EVERY === 0 && ODD),
    ...(hasKey && { idempotencyKey: `key-${number}` }),
  });
}

function send(scene: Scene, { portal, logins }: Call): void {
  const { world, acknowledged } = scene;
  const portalId = scene.portals[portal] ?? '';
  const [first] = logins;
  world.ask(
    `record ${logins.length} in portal ${portal}, from ${first?.request}`,
    (commands) => executeRecordLogins(commands, world.chance.bytes, { portalId, logins }, CAUSE),
    (events) => {
      for (const { version, data } of events) acknowledged.push({ portalId, version, request: data.request });
    },
  );
}

/** Records logins in a portal, with as many calls as necessary. */
export function record(scene: Scene, portal: number, count: number): void {
  const { chance } = scene.world;
  const [hasKeys, isLong] = [chance.happens(0.3), chance.happens(0.05)];
  scene.budget -= count;
  for (let left = count; left > 0; left -= MAX_LOGINS) {
    const logins = Array.from({ length: Math.min(left, MAX_LOGINS) }, () => {
      const number = (scene.numbers[portal] ?? 0) + 1;
      scene.numbers[portal] = number;
      return inputOf(portal, number, hasKeys, isLong);
    });
    const call = { portal, logins };
    if (hasKeys) scene.calls.push(call);
    send(scene, call);
  }
}

function sizeOfBurst(chance: Chance, budget: number): number {
  const [least, most] = chance.weighted(
    [
      [2, 20],
      [21, 200],
      [201, 2_000],
    ] as const,
    ([from]) => 1 / from,
  );
  return Math.min(budget, chance.between(least, most));
}

export const loginActions = {
  'record one': { weight: 12, act: (scene) => record(scene, anyPortal(scene), 1) },
  'record a burst': {
    weight: 5,
    act: (scene) => record(scene, anyPortal(scene), sizeOfBurst(scene.world.chance, scene.budget)),
  },
  'record in every portal': {
    weight: 2,
    act: (scene) => scene.portals.forEach((_, portal) => record(scene, portal, scene.world.chance.between(1, 4))),
  },
  'send a call again': {
    weight: 2,
    act(scene) {
      if (scene.calls.length) send(scene, scene.world.chance.pick(scene.calls));
    },
  },
} satisfies Record<string, Action>;
