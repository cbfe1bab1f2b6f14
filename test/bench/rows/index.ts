import type { Row } from '../row.js';

/** Every row, in the order of the table. */
export const rows: readonly Row[] = [];
