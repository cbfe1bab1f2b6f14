/** Faults in how the product uses connections. */
import type { PlantedFault } from '../planted-faults.js';

export const connectionFaults: readonly PlantedFault[] = [
  {
    name: 'an answer that nothing asked for counts for the next request',
    file: 'src/delivery/transport/pool.js',
    find: "socket.on('data', () => {\n            if (isAwaiting)",
    // It stays in the buffer of the system until the next request is written.
    replace: `socket.on('data', (chunk) => {
            if (!isAwaiting) {
              socket.pause();
              socket.unshift(chunk);
              socket.on('newListener', (name) => name === 'data' && process.nextTick(() => socket.resume()));
            }
            else if (isAwaiting)`,
    caughtBy: ['unasked answers', 'truth', 'nothing is lost'],
  },
  {
    name: 'a kept connection is used without a look at what has arrived',
    file: 'src/delivery/transport/pool.js',
    find: 'await turn();',
    replace: '',
    caughtBy: ['unasked answers', 'kept connections', 'truth', 'nothing is lost'],
  },
  {
    name: 'connections are kept to a destination that answers what nothing asked for',
    file: 'src/delivery/transport/pool.js',
    find: 'distrust(destinationId, group);',
    replace: '',
    caughtBy: ['unasked answers'],
  },
  {
    name: 'a kept connection has no time limit',
    file: 'src/delivery/transport/pool.js',
    find: 'cancelIdle = clock.at(clock.now() + idleMs, end);',
    replace: '',
    caughtBy: ['kept connections'],
  },
  {
    name: 'a connection is used again after a change of its destination',
    file: 'src/delivery/transport/pool.js',
    find: 'known?.revision === target.revision',
    replace: 'known',
    caughtBy: ['as configured'],
  },
  {
    name: 'the end of a kept connection is a failed attempt',
    file: 'src/delivery/transport/sender.js',
    find: '!connection.isReused || connection.hasAnswer || signal.aborted',
    replace: 'true',
    caughtBy: ['kept connections'],
  },
  {
    name: 'a request is repeated after a part of its answer',
    file: 'src/delivery/transport/sender.js',
    find: 'connection.hasAnswer || ',
    replace: '',
    caughtBy: ['kept connections'],
  },
  {
    name: 'a 408 on a kept connection is the answer',
    file: 'src/delivery/transport/sender.js',
    find: '!connection.isReused || responseCode !== REQUEST_TIMEOUT || !endsConnection',
    replace: 'true',
    caughtBy: ['kept connections', 'truth'],
  },
  {
    name: 'an early 2xx counts although the request was cut',
    file: 'src/delivery/transport/post.js',
    find: '!isHandedOver && code >= 200 && code < 300',
    replace: 'false',
    caughtBy: ['truth', 'nothing is lost'],
  },
];
