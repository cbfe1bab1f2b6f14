import { accountInvariants } from '../support/account/invariants.js';

/** The rules that every run must keep. */
export const invariants = {
  ...accountInvariants,
  'nothing too much': 'a login that was never due is not sent, and a batch contains its own logins and no others',
  turns: 'while a first delivery waits for a retry, the portal sends nothing else',
  capacity: 'a destination gets no more requests and lines than its settings allow, and none while it is paused',
  'as configured':
    'an attempt uses the destination of the webhook with its present settings, and only while the webhook is on',
  identical: 'lines that are sent again are identical',
  'kept connections':
    'a kept connection that ends before an answer costs one repeat on a new connection, and no attempt',
  'unasked answers': 'after an answer that no request asked for, each request has a new connection',
  truth: 'the outcome of an attempt in the log is the answer of the receiver',
  progress: 'a lane with pending logins sends them',
  announced: 'the status names the time of the next step of a lane',
  memory: 'timers and reads do not grow with the number of pending logins',
  rebuild: 'a rebuild gives the same rows of the read models',
  healthy: 'the process logs no error',
} as const;

export type Invariant = keyof typeof invariants;

export type Report = (invariant: Invariant, words: string) => void;
