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
    portal: async () => (await import('./cli/portal.js')).portalCommand,
    destination: async () => (await import('./cli/destination.js')).destinationCommand,
    webhook: async () => (await import('./cli/webhook.js')).webhookCommand,
    login: async () => (await import('./cli/login.js')).loginCommand,
    status: async () => (await import('./cli/status.js')).statusCommand,
    rebuild: async () => (await import('./cli/rebuild.js')).rebuildCommand,
    token: async () => (await import('./cli/token.js')).tokenCommand,
  },
});

await runProgram(program, process.argv.slice(2));
