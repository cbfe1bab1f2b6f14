#!/usr/bin/env node
import './runtime/production.js';
import { defineCommand } from 'citty';
import { runProgram } from './cli/program.js';

/** Each command is loaded when it is called: a server is much more to load than a call to one. */
const program = defineCommand({
  meta: {
    name: 'auditwire',
    description:
      'Gets every login of a developer portal into your SIEM. Settings are AUDITWIRE_… variables; see README.md.',
  },
  subCommands: {
    start: async () => (await import('./cli/start.js')).startCommand,
    demo: async () => (await import('./cli/demo.js')).demoCommand,
    status: async () => (await import('./cli/status.js')).statusCommand,
    rebuild: async () => (await import('./cli/rebuild.js')).rebuildCommand,
    token: async () => (await import('./cli/token.js')).tokenCommand,
  },
});

await runProgram(program, process.argv.slice(2));
