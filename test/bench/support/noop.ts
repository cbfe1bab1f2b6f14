/** Mutations with the input of the real ones that do nothing. They show what HTTP and GraphQL alone cost. */
import { builder } from '../../../schema/builder.js';
import { RecordLoginInput, RecordLoginsInput } from '../../../schema/record-login.js';

builder.mutationField('noopLogin', (t) =>
  t.boolean({
    description: 'Does nothing.',
    args: { input: t.arg({ type: RecordLoginInput, required: true }) },
    resolve: () => true,
  }),
);

builder.mutationField('noopLogins', (t) =>
  t.boolean({
    description: 'Does nothing.',
    args: { input: t.arg({ type: RecordLoginsInput, required: true }) },
    resolve: () => true,
  }),
);
