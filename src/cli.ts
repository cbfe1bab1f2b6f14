#!/usr/bin/env node
import './runtime/production.js';
import { defineCommand } from 'citty';
import { runProgram } from './cli/program.js';

/** A command is loaded only when it is called, because the code of the server takes long to load. */
const program = defineCommand({
  meta: {
    name: 'auditwire',
    description:
      'Delivers every login of a developer portal to your SIEM. README.md shows the first steps; docs/settings.md lists the settings.',
  },
  subCommands: {
    start: async () => (await import('./cli/start.js')).startCommand,
    demo: async () => (await import('./cli/demo.js')).demoCommand,
    portal: async () => (await import('./cli/portal.js')).portalCommand,
    destination: async () => (await import('./cli/destination.js')).destinationCommand,
    webhook: async () => (await import('./cli/webhook.js')).webhookCommand,
    login: async () => (await import('./cli/login.js')).loginCommand,
    undelivered: async () => (await import('./cli/undelivered.js')).undeliveredCommand,
    replay: async () => (await import('./cli/replay.js')).replayCommand,
    status: async () => (await import('./cli/status.js')).statusCommand,
    rebuild: async () => (await import('./cli/rebuild.js')).rebuildCommand,
    token: async () => (await import('./cli/token.js')).tokenCommand,
  },
});

await runProgram(program, process.argv.slice(2));
