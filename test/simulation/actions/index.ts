/** The actions of a run, by name. */
import { destinationActions } from './destinations.js';
import { loginActions } from './logins.js';
import { troubleActions } from './trouble.js';
import { undeliveredActions } from './undelivered.js';
import { webhookActions } from './webhooks.js';

export const actions = {
  ...loginActions,
  ...webhookActions,
  ...destinationActions,
  ...undeliveredActions,
  ...troubleActions,
};

export const actionNames = Object.keys(actions) as (keyof typeof actions)[];
