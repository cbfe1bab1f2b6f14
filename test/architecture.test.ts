import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/** Each room may use itself and the rooms before it. */
const rooms = [
  'domain',
  'db',
  'runtime',
  'vault',
  'log',
  'projections',
  'queries',
  'commands',
  'delivery',
  'maintenance',
  'config',
  'api',
  'schema',
  'http',
  'threads',
  'client',
  'app',
  'demo',
  'cli',
];

/** The domain computes: it reads no file, socket, clock or random number. */
const allowedInDomain = ['zod', 'node:crypto'];

const files = ['src', 'schema', 'db'].flatMap(typescriptIn);
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function typescriptIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

/** What a file imports, types too: files of the project as paths from its root, packages by their names. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [
    ...text.matchAll(/(?:^|\n)(?:import|export)\b[^'";]*?from '([^']+)'|\bimport\('([^']+)'\)|\nimport '([^']+)'/g),
  ].map(([, named, dynamic, bare]) => {
    const specifier = named ?? dynamic ?? bare ?? '';
    if (!specifier.startsWith('.')) return specifier;
    return relative(ROOT, join(ROOT, dirname(file), specifier)).replace(/\.js$/, '.ts');
  });
}

/** The room of a file: its folder, or its name for an entry of `src`. */
function roomOf(file: string): string {
  const [top = '', second = ''] = file.split('/');
  return top === 'src' ? second.replace(/\.ts$/, '') : top;
}

describe('the rooms', () => {
  it('are all in the list', () => {
    expect(new Set(files.map(roomOf))).toEqual(new Set(rooms));
  });

  it('use only rooms before them', () => {
    const wrong = [...imports].flatMap(([file, used]) =>
      used
        .filter((other) => imports.has(other) && rooms.indexOf(roomOf(other)) > rooms.indexOf(roomOf(file)))
        .map((other) => `${file} uses ${other}`),
    );
    expect(wrong).toEqual([]);
  });

  it('import only files that exist', () => {
    const missing = [...imports].flatMap(([file, used]) =>
      used.filter((other) => other.endsWith('.ts') && !imports.has(other)).map((other) => `${file} uses ${other}`),
    );
    expect(missing).toEqual([]);
  });

  it('have no circle of imports', () => {
    expect([...imports.keys()].map((file) => circleFrom(file)).filter((circle) => circle !== null)).toEqual([]);
  });
});

it('the domain imports no package that does I/O', () => {
  const used = [...imports].filter(([file]) => roomOf(file) === 'domain').flatMap(([, names]) => names);
  expect(used.filter((name) => !imports.has(name) && !allowedInDomain.includes(name))).toEqual([]);
});

it('resolvers reach the log, the read models and the commands only through the operations of the api', () => {
  const used = [...imports].filter(([file]) => roomOf(file) === 'schema').flatMap(([, names]) => names);
  const foreign = used.filter((name) => imports.has(name)).map(roomOf);
  expect(new Set(foreign)).toEqual(new Set(['schema', 'api', 'domain', 'queries']));
});

const finished = new Set<string>();

/** A circle of imports that can be reached from a file and was not found before, or null. */
function circleFrom(file: string, path: string[] = []): string[] | null {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (finished.has(file)) return null;
  for (const used of imports.get(file) ?? []) {
    const circle = imports.has(used) ? circleFrom(used, [...path, file]) : null;
    if (circle) {
      finished.add(file);
      return circle;
    }
  }
  finished.add(file);
  return null;
}
