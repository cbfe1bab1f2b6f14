/** What must hold in every run. */
export const invariants = {
  'nothing is lost': 'every due login is delivered at least once or listed as undelivered',
  recovery: 'what was given up is delivered once its receiver is well, or waits for a person',
  'nothing too much': 'a login that was never due is not sent, and a batch holds its own logins and no others',
  order: 'first deliveries of a portal are in the order of its logins, with nothing left out',
  'one at a time': 'one request of a portal is under way at a time',
  turns: 'while a first delivery is between two attempts, its receiver is spared everything else',
  capacity: 'a destination gets no more lines and requests than it takes, and is left alone for as long as it asks',
  batches: 'a batch that is too large is split, and one that follows a batch that was given up is small',
  replay: 'a replay sends what it was asked for, all of it and nothing else',
  retention: 'what is due and not delivered is kept for its time, and nothing that is kept is missing',
  'log first': 'a try belongs to a delivery that is open in the log',
  'as configured': 'a try goes where the webhook points, as its destination is set, while it is on',
  'once a life':
    'a try whose outcome is known is not repeated, one whose outcome is not is repeated only by a new process',
  retries: 'a delivery has at most four retries',
  waits: 'a retry comes 1 to 30 s after the try before it, and not before it is due',
  identical: 'lines that are sent again are identical',
  truth: 'what the log says of a try is what the receiver said',
  acknowledged: 'what was acknowledged is in the log, once',
  progress: 'a lane that has something to do does it',
  memory: 'what the process holds does not grow with what waits',
  figures: 'status and lane count what the account counts',
  rebuild: 'rebuilt read models are the same rows',
  healthy: 'the process finds no fault with itself',
} as const;

export type Invariant = keyof typeof invariants;

export type Report = (invariant: Invariant, words: string) => void;
