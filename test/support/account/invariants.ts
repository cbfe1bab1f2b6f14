/** The rules that the account checks while it reads the events of a log. */
export const accountInvariants = {
  'nothing is lost': 'every due login is delivered at least once or listed as undelivered',
  acknowledged: 'the log holds every acknowledged login, once',
  'log first': 'an attempt belongs to a delivery that is open in the log',
  attempts: 'an attempt is repeated only if its outcome is unknown, and only by a new process',
  order: 'first deliveries of a webhook are in the order of its logins and leave none out',
  'one at a time': 'a webhook has one request in flight at a time',
  'one destination': 'two webhooks of a portal that are on never send to one destination',
  batches: 'no batch is larger than it may be, and the batch after an abandoned one has one line',
  narrowing: 'a rejected batch is narrowed by halves, with few requests, and a rejected line holds back no other line',
  retries: 'a delivery has at most four retries',
  waits: 'a retry starts 1 to 30 s after the attempt before it, and not before it is due',
  recovery: 'undelivered logins are in the list, are recovered once the receiver works, or need action',
  replay: 'a replay sends exactly the logins that it was requested for',
  retention: 'a login that is due and not delivered is kept for its time, and what is kept is complete',
  health: 'the health of a destination is that of its attempts, by all webhooks',
  figures: 'the counts in events, status and lane are those of the account',
} as const;

type AccountInvariant = keyof typeof accountInvariants;

/** Receives each violation: the rule, and a sentence that says what happened. */
export type Report = (invariant: AccountInvariant, message: string) => void;
