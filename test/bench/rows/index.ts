import type { Row } from '../row.js';
import { deadDestinations } from './dead-destinations.js';
import { disk } from './disk.js';
import { drain1, drain500 } from './drain.js';
import { drainSyslogNg, drainSyslogNgBuffer } from './drain-syslog-ng.js';
import { flatDrain, flatPage, flatRecord, flatStart, flatStatus } from './flat.js';
import { latencyHalf, latencyIdle } from './latency.js';
import { memory } from './memory.js';
import { querySlowSync } from './query-slow-sync.js';
import { queue1, queue500 } from './queue.js';
import { recordDelivering } from './record-delivering.js';
import { record100, record1000, record1000Noop } from './record-many.js';
import { recordOne } from './record-one.js';
import { subscribers } from './subscribers.js';
import { severalWebhooks, webhookCost } from './webhooks.js';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [
  recordOne,
  record100,
  record1000,
  record1000Noop,
  querySlowSync,
  drain1,
  drain500,
  drainSyslogNg,
  drainSyslogNgBuffer,
  recordDelivering,
  latencyIdle,
  latencyHalf,
  deadDestinations,
  severalWebhooks,
  webhookCost,
  subscribers,
  queue1,
  queue500,
  memory,
  ...flatRecord,
  ...flatDrain,
  ...flatPage,
  ...flatStatus,
  ...flatStart,
  disk,
];
