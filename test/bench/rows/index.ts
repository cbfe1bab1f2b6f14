import type { Row } from '../row.js';
import { latencyHalf, latencyIdle } from './latency.js';
import { querySlowSync } from './query-slow-sync.js';
import { recordDelivering } from './record-delivering.js';
import { record100, record1000, record1000Noop } from './record-many.js';
import { recordOne } from './record-one.js';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [
  recordOne,
  record100,
  record1000,
  record1000Noop,
  querySlowSync,
  recordDelivering,
  latencyIdle,
  latencyHalf,
];
