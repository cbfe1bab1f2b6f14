import { describe, expect, it } from 'vitest';
import type { TokenEvent } from '../../src/domain/token.js';
import {
  DESTINATION,
  destinationCreated,
  OTHER_DESTINATION,
  OTHER_PORTAL,
  PORTAL,
  portalRegistered,
  webhookOff,
  webhookOn,
  webhookRemoved,
} from '../support/domain/events.js';
import { openLog, recordedAt } from '../support/log/fixture.js';

const page = { limit: 10, inverted: false };
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describe('portals', () => {
  it('shows a portal as it was registered', () => {
    const { given, models } = openLog();
    given([`portal-${PORTAL}`, portalRegistered('Acme')]);
    expect(models.portals.get(PORTAL)).toEqual({
      id: PORTAL,
      name: 'Acme',
      registeredAt: recordedAt(1),
      retiredAt: null,
      position: 1,
    });
  });

  it('shows the current name and the time of the retirement', () => {
    const { given, models } = openLog();
    given(
      [`portal-${PORTAL}`, portalRegistered('Acme')],
      [`portal-${OTHER_PORTAL}`, portalRegistered('Other')],
      [`portal-${PORTAL}`, { type: 'PortalRenamed', data: { name: 'Acme 2' } }],
      [`portal-${PORTAL}`, { type: 'PortalRetired', data: {} }],
    );
    expect(models.portals.get(PORTAL)).toMatchObject({ name: 'Acme 2', retiredAt: recordedAt(4), position: 1 });
    expect(models.portals.get(OTHER_PORTAL)).toMatchObject({ name: 'Other', retiredAt: null });
  });

  it('are paged in the order of registration, and retired ones only on request', () => {
    const { given, models } = openLog();
    for (const id of ['c', 'a', 'b', 'd']) given([`portal-${id}`, portalRegistered()]);
    given(['portal-a', { type: 'PortalRetired', data: {} }]);
    expect(ids(models.portals.page(page, false))).toEqual(['c', 'b', 'd']);
    expect(ids(models.portals.page(page, true))).toEqual(['c', 'a', 'b', 'd']);
    expect(ids(models.portals.page({ ...page, after: 1, before: 4 }, true))).toEqual(['a', 'b']);
    expect(ids(models.portals.page({ ...page, after: 1, limit: 1 }, false))).toEqual(['b']);
    expect(ids(models.portals.page({ ...page, inverted: true, limit: 3 }, true))).toEqual(['d', 'b', 'a']);
  });
});

describe('destinations', () => {
  const stream = `destination-${DESTINATION}` as const;

  it('shows a destination as it was created', () => {
    const { given, models } = openLog();
    given([
      stream,
      destinationCreated({
        authorization: 'sealed',
        caCertificate: 'pem',
        logFormat: 'CPS',
        skipTlsVerification: true,
        maxInFlight: 4,
        linesPerSecond: 500,
      }),
    ]);
    expect(models.destinations.get(DESTINATION)).toEqual({
      id: DESTINATION,
      name: 'SIEM',
      endpoint: 'https://siem.example.com/collector',
      authorization: 'sealed',
      authorizationChangedAt: recordedAt(1),
      logFormat: 'CPS',
      skipTlsVerification: true,
      caCertificate: 'pem',
      clientCertificate: null,
      clientKey: null,
      kind: 'HTTP',
      headers: [],
      maxInFlight: 4,
      linesPerSecond: 500,
      maxBatchLines: null,
      maxBatchBytes: null,
      createdAt: recordedAt(1),
      updatedAt: recordedAt(1),
      position: 1,
      changedPosition: 1,
    });
    expect(models.destinations.named('SIEM')?.id).toBe(DESTINATION);
  });

  it('shows the default limits for a destination that was created before limits existed', () => {
    const { given, models } = openLog();
    given([stream, destinationCreated()]);
    expect(models.destinations.get(DESTINATION)).toMatchObject({ maxInFlight: 16, linesPerSecond: null });
  });

  it('keeps the fields that an update leaves out', () => {
    const { given, models } = openLog();
    given([stream, destinationCreated({ authorization: 'sealed' })]);
    const before = models.destinations.get(DESTINATION);
    given([stream, { type: 'DestinationUpdated', data: { name: 'Renamed', skipTlsVerification: true } }]);
    expect(models.destinations.get(DESTINATION)).toEqual({
      ...before,
      name: 'Renamed',
      skipTlsVerification: true,
      updatedAt: recordedAt(2),
      changedPosition: 2,
    });
  });

  it('shows when the authorization value was last changed or removed', () => {
    const { given, models } = openLog();
    given([stream, destinationCreated()]);
    expect(models.destinations.get(DESTINATION)?.authorizationChangedAt).toBe(null);
    given([stream, { type: 'DestinationUpdated', data: { authorization: 'sealed' } }]);
    expect(models.destinations.get(DESTINATION)).toMatchObject({
      authorization: 'sealed',
      authorizationChangedAt: recordedAt(2),
    });
    given([stream, { type: 'DestinationUpdated', data: { authorization: null } }]);
    expect(models.destinations.get(DESTINATION)).toMatchObject({
      authorization: null,
      authorizationChangedAt: recordedAt(3),
    });
  });

  it('allows the name of a deleted destination again', () => {
    const { given, models } = openLog();
    given([stream, destinationCreated()], [stream, { type: 'DestinationDeleted', data: {} }]);
    expect(models.destinations.get(DESTINATION)).toBeUndefined();
    given([`destination-${OTHER_DESTINATION}`, destinationCreated()]);
    expect(models.destinations.named('SIEM')?.id).toBe(OTHER_DESTINATION);
  });

  it('are paged in the order of creation', () => {
    const { given, models } = openLog();
    for (const id of ['c', 'a', 'b']) given([`destination-${id}`, destinationCreated({ name: id })]);
    given(['destination-c', { type: 'DestinationUpdated', data: { name: 'z' } }]);
    expect(ids(models.destinations.page(page))).toEqual(['c', 'a', 'b']);
    expect(ids(models.destinations.page({ ...page, after: 1 }))).toEqual(['a', 'b']);
    expect(ids(models.destinations.page({ ...page, before: 3, inverted: true, limit: 1 }))).toEqual(['a']);
  });
});

describe('webhooks', () => {
  it('shows the last configuration', () => {
    const { given, models } = openLog();
    given([`webhook-${PORTAL}`, webhookOff()], [`webhook-${PORTAL}`, webhookOn(3, OTHER_DESTINATION)]);
    const settings = { destinationId: OTHER_DESTINATION, enabled: true, configuredAt: recordedAt(2) };
    const row = { id: PORTAL, portalId: PORTAL, name: 'default', position: 1, isGone: false, ...settings };
    expect(models.webhooks.get(PORTAL)).toEqual(row);
  });

  it('has no destination for a webhook that was removed', () => {
    const { given, models } = openLog();
    given([`portal-${PORTAL}`, portalRegistered()], [`webhook-${PORTAL}`, webhookOn()]);
    given([`webhook-${PORTAL}`, webhookRemoved()]);
    expect(models.webhooks.get(PORTAL)).toMatchObject({ destinationId: null, enabled: false, configuredAt: null });
    expect(models.webhooks.using(DESTINATION)).toEqual([]);
  });

  it('lists the webhooks that use a destination, enabled or not, in the order of registration', () => {
    const { given, models } = openLog();
    for (const id of ['c', 'a', 'b']) given([`portal-${id}`, portalRegistered(`Portal ${id}`)]);
    given(['webhook-a', webhookOff()], ['webhook-c', webhookOn()]);
    given(['webhook-b', webhookOn(0, OTHER_DESTINATION)]);
    expect(models.webhooks.using(DESTINATION)).toEqual([
      { id: 'c', name: 'default', portalId: 'c', portalName: 'Portal c' },
      { id: 'a', name: 'default', portalId: 'a', portalName: 'Portal a' },
    ]);
  });
});

describe('tokens', () => {
  const issued = (hash: string): TokenEvent => ({ type: 'TokenIssued', data: { name: 'admin', hash } });

  it('finds a token by its hash until it is revoked', () => {
    const { given, models } = openLog();
    given(['token-1', issued('hash-1')], ['token-2', issued('hash-2')]);
    expect(models.tokens.withHash('hash-1')).toEqual({ id: '1', name: 'admin' });
    given(['token-1', { type: 'TokenRevoked', data: {} }]);
    expect(models.tokens.withHash('hash-1')).toBeUndefined();
    expect(models.tokens.all()).toEqual([{ id: '2', name: 'admin', hash: 'hash-2', issuedAt: recordedAt(2) }]);
  });
});

describe('issuer', () => {
  it('shows the organisation that was identified last', () => {
    const { given, models } = openLog();
    expect(models.issuer.organizationId()).toBeUndefined();
    for (const organizationId of ['org-1', 'org-2', 'org-1']) {
      given(['organization-self', { type: 'OrganizationIdentified', data: { organizationId } }]);
      expect(models.issuer.organizationId()).toBe(organizationId);
    }
  });

  it('lists every signing key, the newest first', () => {
    const { given, models } = openLog();
    for (const id of ['key-b', 'key-c', 'key-a']) {
      given([
        `signing-${id}`,
        { type: 'SigningKeyCreated', data: { signingKeyId: id, publicKey: `x-${id}`, privateKey: 'sealed' } },
      ]);
    }
    expect(ids(models.issuer.signingKeys())).toEqual(['key-a', 'key-c', 'key-b']);
    expect(models.issuer.signingKey('key-c')).toEqual({
      id: 'key-c',
      publicKey: 'x-key-c',
      privateKey: 'sealed',
      position: 2,
    });
  });
});
