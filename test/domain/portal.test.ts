import { describe, expect, it } from 'vitest';
import { parse } from '../../src/domain/input.js';
import {
  assertLiving,
  decide,
  evolve,
  type Portal,
  type PortalCommand,
  type PortalEvent,
  registerPortal,
  renamePortal,
  retirePortal,
} from '../../src/domain/portal.js';
import { decider, refusalOf } from '../support/domain/given.js';

const id = '3e551b39-227d-4297-b911-e68fd5d77c17';
const given = decider<Portal, PortalEvent, PortalCommand>(null, evolve, decide);
const registered: PortalEvent = { type: 'PortalRegistered', data: { name: 'Shop' } };
const renamed: PortalEvent = { type: 'PortalRenamed', data: { name: 'Store' } };
const retired: PortalEvent = { type: 'PortalRetired', data: {} };

describe('registering a portal', () => {
  it('records its name', () => {
    given().when({ type: 'RegisterPortal', id, name: 'Shop' }).then(registered);
  });

  it('again with the same id and name changes nothing', () => {
    given(registered).when({ type: 'RegisterPortal', id, name: 'Shop' }).then();
  });

  it('again is compared with the current name', () => {
    given(registered, renamed).when({ type: 'RegisterPortal', id, name: 'Store' }).then();
    given(registered, renamed).when({ type: 'RegisterPortal', id, name: 'Shop' }).refuses('ALREADY_EXISTS');
  });

  it('under its id with another name is refused', () => {
    given(registered).when({ type: 'RegisterPortal', id, name: 'Other' }).refuses('ALREADY_EXISTS', id);
  });

  it('under the id of a retired portal is refused, even with its name', () => {
    given(registered, retired).when({ type: 'RegisterPortal', id, name: 'Shop' }).refuses('ALREADY_EXISTS', id);
  });
});

describe('renaming a portal', () => {
  it('records the new name', () => {
    given(registered).when({ type: 'RenamePortal', id, name: 'Store' }).then(renamed);
  });

  it('to its current name changes nothing', () => {
    given(registered, renamed).when({ type: 'RenamePortal', id, name: 'Store' }).then();
  });

  it('that was never registered is refused', () => {
    given().when({ type: 'RenamePortal', id, name: 'Store' }).refuses('NOT_FOUND', id);
  });

  it('that is retired is refused, whatever the name', () => {
    given(registered, retired).when({ type: 'RenamePortal', id, name: 'Store' }).refuses('PORTAL_RETIRED', id);
    given(registered, retired).when({ type: 'RenamePortal', id, name: 'Shop' }).refuses('PORTAL_RETIRED', id);
  });
});

describe('retiring a portal', () => {
  it('is recorded', () => {
    given(registered).when({ type: 'RetirePortal', id }).then(retired);
  });

  it('again changes nothing', () => {
    given(registered, retired).when({ type: 'RetirePortal', id }).then();
  });

  it('that was never registered is refused', () => {
    given().when({ type: 'RetirePortal', id }).refuses('NOT_FOUND', id);
  });
});

describe('adding to a portal', () => {
  it('needs a portal that is registered and not retired', () => {
    expect(assertLiving({ retired: false }, id)).toBeUndefined();
    expect(refusalOf(() => assertLiving(null, id)).code).toBe('NOT_FOUND');
    expect(refusalOf(() => assertLiving({ retired: true }, id)).code).toBe('PORTAL_RETIRED');
  });
});

describe('the input of a portal', () => {
  const fields = (work: () => unknown) => refusalOf(work).fields.map(({ field, reason }) => `${field}: ${reason}`);

  it('accepts an id, or the server makes one', () => {
    expect(parse(registerPortal, { id: id.toUpperCase(), name: ' Shop ' })).toEqual({ id, name: 'Shop' });
    expect(parse(registerPortal, { name: 'Shop' }).id ?? null).toBeNull();
    expect(parse(registerPortal, { id: null, name: 'Shop' }).id ?? null).toBeNull();
  });

  it('refuses a blank name and one of 257 characters', () => {
    const blank = ['name: must not be blank'];
    expect(fields(() => parse(registerPortal, { name: '  ' }))).toEqual(blank);
    expect(fields(() => parse(renamePortal, { id, name: '\u3000' }))).toEqual(blank);
    const long = ['name: must be at most 256 characters'];
    expect(fields(() => parse(registerPortal, { name: 'n'.repeat(257) }))).toEqual(long);
    expect(fields(() => parse(renamePortal, { id, name: 'n'.repeat(257) }))).toEqual(long);
  });

  it('refuses a malformed id', () => {
    const malformed = [expect.stringMatching(/^id: must be a UUID/)];
    expect(fields(() => parse(registerPortal, { id: '', name: 'Shop' }))).toEqual(malformed);
    expect(fields(() => parse(renamePortal, { id: 'shop', name: 'Shop' }))).toEqual(malformed);
    expect(fields(() => parse(retirePortal, { id: `${id}0` }))).toEqual(malformed);
  });
});
