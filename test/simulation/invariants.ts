import { accountInvariants } from '../support/account/invariants.js';

/** The rules that every run must keep. */
export const invariants = {
  ...accountInvariants,
  'nothing too much': 'a login that was never due is not sent, and a batch holds its own logins and no others',
  turns: 'while a first delivery is between two attempts, its receiver is spared everything else',
  capacity: 'a destination gets no more lines and requests than it takes, and is left alone for as long as it asks',
  'as configured': 'a try goes where the webhook points, as its destination is set, while it is on',
  identical: 'lines that are sent again are identical',
  truth: 'what the log says of a try is what the receiver said',
  progress: 'a lane that has something to do does it',
  memory: 'what the process holds does not grow with what waits',
  rebuild: 'rebuilt read models are the same rows',
  healthy: 'the process finds no fault with itself',
} as const;

export type Invariant = keyof typeof invariants;

export type Report = (invariant: Invariant, words: string) => void;
