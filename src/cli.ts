#!/usr/bin/env node
import { VERSION } from './runtime/version.js';
import './runtime/production.js';
import { defineCommand, runMain } from 'citty';
import { demoCommand } from './cli/demo.js';
import { rebuildCommand } from './cli/rebuild.js';
import { startCommand } from './cli/start.js';
import { statusCommand } from './cli/status.js';
import { tokenCommand } from './cli/token.js';

const main = defineCommand({
  meta: {
    name: 'auditwire',
    version: VERSION,
    description:
      'Gets every login of a developer portal into your SIEM. Settings are AUDITWIRE_… variables; see README.md.',
  },
  subCommands: {
    start: startCommand,
    demo: demoCommand,
    status: statusCommand,
    rebuild: rebuildCommand,
    token: tokenCommand,
  },
});

await runMain(main);
