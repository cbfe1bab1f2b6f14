import { defineCommand } from 'citty';
import { succeeded } from '../client/client.js';
import {
  CreateDestinationDocument,
  DeleteDestinationDocument,
  DestinationsDocument,
  TestDestinationDocument,
} from '../client/generated/graphql.js';
import { clientCommand } from './client-command.js';
import { authorizationOfEnvironment, destinationArgs, settingArgs, settingsOf } from './destination-args.js';
import { describeDestination, tableOfDestinations } from './destination-text.js';
import { update } from './destination-update.js';
import { everyNode } from './pages.js';
import { PROGRAM } from './run.js';

const create = clientCommand(
  {
    name: 'create',
    description:
      'Create a destination: the collector of a SIEM. Its Authorization value comes from a file, a prompt or AUDITWIRE_AUTHORIZATION. Defaults: format CEF, 16 requests in flight, no limit of lines a second.',
  },
  {
    name: { type: 'positional', description: 'The name of the destination', required: true },
    endpoint: {
      type: 'string',
      description: 'The https URL that receives the batches',
      valueHint: 'url',
      required: true,
    },
    ...settingArgs,
  },
  async (client, args) => {
    const { authorization = authorizationOfEnvironment(), ...given } = await settingsOf(args);
    const input = { name: args.name, endpoint: args.endpoint, authorization, ...given };
    const answer = await client.call(CreateDestinationDocument, { input });
    const { destination, warnings } = succeeded(answer.createDestination);
    const next = `Next: ${PROGRAM} webhook configure PORTAL-ID --destination ${destination.id} --enable`;
    const beside = `To send to it beside the present destination: ${PROGRAM} webhook create PORTAL-ID NAME --destination ${destination.id} --enable`;
    const title = `Created destination ${destination.id} "${destination.name}":`;
    return {
      json: { ...destination, warnings },
      lines: [title, ...describeDestination(destination, warnings)],
      hints: [next, beside],
    };
  },
);

const list = clientCommand(
  { name: 'list', description: 'List the destinations in the order of their creation.' },
  {},
  async (client) => {
    const json = await everyNode(async (page) => (await client.call(DestinationsDocument, page)).destinations);
    if (json.length) return { json, lines: tableOfDestinations(json) };
    return {
      json,
      lines: [],
      hints: [`There are no destinations yet. Next: ${PROGRAM} destination create NAME --endpoint URL`],
    };
  },
);

const test = clientCommand(
  { name: 'test', description: 'Send one test line to a destination; exit code 1 if the receiver does not accept it.' },
  destinationArgs,
  async (client, { 'destination-id': id }) => {
    const answer = await client.call(TestDestinationDocument, { input: { id } });
    const { __typename: _, ...result } = succeeded(answer.testDestination);
    const { delivered, phase, responseCode, message, durationMs, responseExcerpt, warning } = result;
    const outcome = delivered ? 'Delivered' : `Not delivered, the attempt ended in phase ${phase}`;
    const response = [responseCode, message].filter(Boolean).join(' ');
    const excerpt = responseExcerpt?.split('\n').map((line) => `  ${line}`) ?? [];
    return {
      json: result,
      lines: [`${outcome} (${durationMs} ms): ${response}`, ...excerpt, ...(warning ? [`Warning: ${warning}`] : [])],
      exitCode: delivered ? 0 : 1,
    };
  },
);

const remove = clientCommand(
  {
    name: 'delete',
    description:
      'Delete a destination that no webhook uses. Its endpoint, credentials and response excerpts are destroyed.',
  },
  destinationArgs,
  async (client, args) => {
    const answer = await client.call(DeleteDestinationDocument, { input: { id: args['destination-id'] } });
    const { id } = succeeded(answer.deleteDestination);
    return { json: { id }, lines: [`Deleted destination ${id}.`] };
  },
);

export const destinationCommand = defineCommand({
  meta: { name: 'destination', description: 'Create, list, update, test and delete destinations.' },
  subCommands: { create, list, update, test, delete: remove },
});
