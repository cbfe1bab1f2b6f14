import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { temporaryDirectory } from '../support/server/app.js';
import { npmRun } from '../support/server/cli.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const ORIGIN = /http:\/\/127\.0\.0\.1:\d+/;

describe('a signal to the process of npm', () => {
  it.each(SIGNALS)('stops the server of "npm start": %s', async (signal) => {
    const directory = temporaryDirectory();
    const npm = npmRun('start', ['--port', '0'], { AUDITWIRE_DATA_DIR: join(directory, 'data') });
    await npm.until('Stop with Ctrl-C');
    const health = `${ORIGIN.exec(npm.said())?.[0]}/health`;
    expect((await fetch(health)).status).toBe(200);
    npm.child.kill(signal);
    expect(await npm.ended).toBe(0);
    expect(npm.complained()).toContain(`auditwire: ${signal}; waiting for open calls and attempts`);
    await expect(fetch(health)).rejects.toThrow('fetch failed');
  });

  it.each(SIGNALS)('stops the demo, which leaves no files: %s', async (signal) => {
    const directory = temporaryDirectory();
    const npm = npmRun('demo', ['--port', '0'], { TMPDIR: directory });
    await npm.until('Auditwire listens at');
    expect(readdirSync(directory)).not.toEqual([]);
    npm.child.kill(signal);
    await npm.ended;
    expect(readdirSync(directory)).toEqual([]);
  });

  it('reaches every program of a script: the shell does not wait between them', () => {
    const programs = Object.values(packageJson.scripts).filter((script) => /\bnode /.test(script));
    expect(programs.length).toBeGreaterThan(0);
    for (const script of programs) expect(script).toMatch(/^exec node [^&|;]*$/);
  });
});
