import type { Row } from '../row.js';
import { drain1, drain500 } from './drain.js';
import { drainSyslogNg } from './drain-syslog-ng.js';
import { memory } from './memory.js';
import { queue1, queue500 } from './queue.js';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [drain1, drain500, drainSyslogNg, queue1, queue500, memory];
