/** Destinations are created, changed and deleted. */

import type { NewDestination } from '../../../src/domain/destination.js';
import { type LogFormat, logFormats } from '../../../src/domain/formats/index.js';
import type { Chance } from '../chance.js';
import { type Action, destinationIds, type Scene } from '../scene.js';
import { CAUSE } from '../world.js';

export const settingsOf = (scene: Scene, index: number): NewDestination => ({
  kind: 'HTTP',
  headers: [],
  name: `SIEM ${index}`,
  endpoint: `https://${scene.world.chance.pick(scene.hosts)}/collect`,
  logFormat: scene.world.chance.pick(logFormats),
  authorization: `Splunk ${index}`,
  caCertificate: null,
  clientCertificate: null,
  clientKey: null,
  skipTlsVerification: false,
  ...limits(scene.world.chance),
});

/** The limits of a destination. */
const limits = (chance: Chance) => ({
  maxInFlight: chance.pick([1, 2, 16]),
  linesPerSecond: chance.pick([null, null, null, 5, 50]),
  maxBatchLines: chance.pick([null, null, null, 3, 100]),
  maxBatchBytes: chance.pick([null, null, null, 1_000, 20_000]),
});

interface Change {
  endpoint?: string;
  logFormat?: LogFormat;
  authorization?: string;
  maxInFlight?: number;
  linesPerSecond?: number | null;
  maxBatchLines?: number | null;
  maxBatchBytes?: number | null;
}

function update(scene: Scene, change: Change): void {
  const ids = destinationIds(scene);
  if (!ids.length) return;
  const id = scene.world.chance.pick(ids);
  scene.world.ask(`update destination ${id}: ${JSON.stringify(change)}`, (commands) =>
    commands.execute('updateDestination', { id, ...change }, CAUSE),
  );
}

export const destinationActions = {
  'change an endpoint': {
    weight: 1,
    act(scene) {
      const { chance } = scene.world;
      const [host, number] = [chance.pick(scene.hosts), chance.between(1, 9)];
      // A change to another host needs the stored secret again.
      update(scene, { endpoint: `https://${host}/${number}`, authorization: `Bearer ${number}` });
    },
  },
  'change a log format': {
    weight: 1,
    act: (scene) => update(scene, { logFormat: scene.world.chance.pick(logFormats) }),
  },
  'change an authorization': {
    weight: 0.5,
    act: (scene) => update(scene, { authorization: `Bearer ${scene.world.chance.between(1, 9)}` }),
  },
  'change limits': { weight: 0.7, act: (scene) => update(scene, limits(scene.world.chance)) },
  'create a destination': {
    weight: 0.5,
    act(scene) {
      const settings = settingsOf(scene, scene.world.chance.between(10, 99));
      scene.world.ask(`create ${settings.name}`, (commands) => commands.execute('createDestination', settings, CAUSE));
    },
  },
  'delete a destination': {
    weight: 0.5,
    act(scene) {
      const ids = destinationIds(scene);
      if (!ids.length) return;
      const id = scene.world.chance.pick(ids);
      scene.world.ask(`delete ${id}`, (commands) => commands.execute('deleteDestination', { id }, CAUSE));
    },
  },
} satisfies Record<string, Action>;
