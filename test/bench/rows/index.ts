import type { Row } from '../row.js';
import { drain1, drain500 } from './drain.js';
import { drainSyslogNg } from './drain-syslog-ng.js';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [drain1, drain500, drainSyslogNg];
