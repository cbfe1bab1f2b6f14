import { VERSION } from '../runtime/version.js';
import { operation } from './operation.js';

/** The caller and the server. */
export const viewer = operation('viewer', (_: null, { viewer: caller, models, tail }) => ({
  ...caller,
  organizationId: models.issuer.organizationId() ?? '',
  serverVersion: VERSION,
  position: tail.head(),
}));
