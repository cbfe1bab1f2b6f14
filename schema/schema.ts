import { builder } from './builder.js';
import './viewer.js';
import './destination.js';
import './change-destination.js';
import './webhook.js';
import './change-webhook.js';
import './webhook-status-changed.js';
import './portal.js';
import './login.js';
import './record-login.js';
import './delivery.js';
import './test-destination.js';
import './undelivered.js';
import './replay.js';

/** The GraphQL contract. `print.ts` writes it to `schema.graphql`. */
export const schema = builder.toSchema();
