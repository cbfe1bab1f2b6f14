/** The input of the operations that create and change destinations: the common settings, and those of the kind. */
import { z } from 'zod';
import { commonChanges, commonSettings, destinationKinds } from '../../domain/destination.js';
import { uuid } from '../../domain/input.js';
import { httpChanges, httpSettings } from './http/settings.js';

// A refusal names the fields in this order.
const { name, ...limits } = commonSettings;
export const createDestination = z.object({
  kind: z
    .enum(destinationKinds)
    .nullish()
    .transform((value) => value ?? 'HTTP'),
  name,
  ...httpSettings,
  ...limits,
});

const { name: newName, ...newLimits } = commonChanges;
export const updateDestination = z.object({ id: uuid, name: newName, ...httpChanges, ...newLimits });
