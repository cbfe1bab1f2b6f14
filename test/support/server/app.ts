import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type App, type AppOptions, createApp } from '../../../src/app.js';
import { type Client, createClient, succeeded } from '../../../src/client/client.js';
import {
  ConfigureWebhookDocument,
  CreateDestinationDocument,
  RegisterPortalDocument,
} from '../../../src/client/generated/graphql.js';
import { loadConfig } from '../../../src/config.js';
import { createLogger } from '../../../src/runtime/logger.js';
import type { Receiver } from '../receiver/receiver.js';

export interface TestApp {
  app: App;
  /** The GraphQL endpoint. */
  url: string;
  origin: string;
  token: string;
  client: Client;
}

/** A directory that is deleted after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'auditwire-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function testConfig(directory: string, env: Record<string, string> = {}) {
  return loadConfig({
    AUDITWIRE_DATA_DIR: join(directory, 'data'),
    AUDITWIRE_PORT: '0',
    AUDITWIRE_ALLOWED_ADDRESSES: '127.0.0.0/8,::1',
    AUDITWIRE_LOG_LEVEL: 'silent',
    AUDITWIRE_SHUTDOWN_SECONDS: '1',
    ...env,
  });
}

interface Options {
  directory?: string;
  env?: Record<string, string>;
  appOptions?: AppOptions;
  token?: string;
  /** Called with the function that stops it; by default it is stopped after the test. */
  onEnd?: (stop: () => Promise<void>) => void;
}

/** A server on a free port with a directory (by default a temporary one), stopped after the test. */
export async function startApp(options: Options = {}): Promise<TestApp> {
  const directory = options.directory ?? temporaryDirectory();
  const config = testConfig(directory, options.env);
  const app = await createApp(config, createLogger('silent'), options.appOptions);
  await app.start();
  const origin = `http://127.0.0.1:${app.port()}`;
  const url = `${origin}/graphql`;
  const token = options.token ?? app.firstToken ?? '';
  const client = createClient(url, token);
  const { stop } = app;
  app.stop = () => {
    client.close();
    return stop();
  };
  (options.onEnd ?? onTestFinished)(() => app.stop());
  return { app, url, origin, token, client };
}

/** A portal whose webhook is on, with a receiver as its destination. */
export async function connectPortal(
  { client }: Pick<TestApp, 'client'>,
  receiver: Receiver,
  name = 'Portal',
): Promise<{ portalId: string; destinationId: string }> {
  const { portal } = succeeded((await client.call(RegisterPortalDocument, { input: { name } })).registerPortal);
  const created = await client.call(CreateDestinationDocument, {
    input: {
      name: `SIEM of ${portal.id}`,
      endpoint: receiver.url,
      authorization: 'Splunk 8a6b2f0c-secret',
      caCertificate: receiver.ca,
    },
  });
  const { destination } = succeeded(created.createDestination);
  const input = { portalId: portal.id, destinationId: destination.id, enabled: true };
  succeeded((await client.call(ConfigureWebhookDocument, { input })).configureWebhook);
  return { portalId: portal.id, destinationId: destination.id };
}
