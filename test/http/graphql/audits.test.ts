import { serverAudits } from 'graphql-http';
import { describe, expect, it } from 'vitest';
import { sharedApp } from '../../support/server/shared-app.js';

const app = sharedApp();

/** The audits send no token; the server wants one with every call. */
const fetchFn: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.set('authorization', `Bearer ${app().token}`);
  return fetch(input, { ...init, headers });
};

describe('the specification "GraphQL over HTTP"', () => {
  const audits = serverAudits({ url: () => app().url, fetchFn });

  it.each(audits)('$id: $name', async ({ fn }) => {
    expect(await fn()).toMatchObject({ status: 'ok' });
  });
});
