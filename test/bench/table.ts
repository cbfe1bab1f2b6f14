import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import Database from 'better-sqlite3';
import type { Result, Spread } from './row.js';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  node: string;
  openssl: string;
  sqlite: string;
  commit: string;
}

export function machine(): Machine {
  const db = new Database(':memory:');
  const sqlite = String(db.prepare('SELECT sqlite_version()').pluck().get());
  db.close();
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.versions.node,
    openssl: process.versions.openssl ?? 'unknown',
    sqlite,
    commit: commit(),
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

const COLUMNS = ['row', 'figure', 'Auditwire', 'compared with', 'ratio (spread)', 'aim', ''] as const;

/** A table of the figures, the ratios, and the spread of each ratio over the rounds. */
export function table(results: readonly Result[]): string {
  const lines: string[][] = [[...COLUMNS]];
  for (const { row, comparedWith, skipped, failed, figures } of results) {
    if (skipped !== undefined) lines.push([row, '', `skipped: ${skipped}`, '', '', '', '']);
    if (failed !== undefined) lines.push([row, '', `failed: ${failed}`, '', '', '', '']);
    for (const { figure, unit, ours, theirs, ratio, aim, verdict } of figures) {
      const spread = `${short(ratio.median)} (${short(ratio.min)} to ${short(ratio.max)})`;
      const peer = `${withUnit(theirs, unit)}  ${comparedWith}`;
      lines.push([row, figure, withUnit(ours, unit), peer, spread, aim, verdict ?? '']);
    }
  }
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const withUnit = ({ median }: Spread, unit: string) => `${short(median)} ${unit}`;

function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
