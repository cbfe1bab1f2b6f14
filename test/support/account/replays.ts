/** The replay jobs of a log: which logins each must send, and whether it did. */
import type { ReplayEvent, ReplayScope } from '../../../src/domain/replay.js';
import type { Report } from './invariants.js';
import { type DeliveryAccount, type LaneAccount, versionsOf } from './lane.js';

export interface Job {
  jobId: string;
  startAt: number;
  endAt: number;
  scope: ReplayScope;
  state: 'requested' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** Versions that it must still send. */
  left: Set<number>;
  /** How many logins it had to send when it started, by its event. */
  total: number;
  /** How many lines were delivered. */
  sent: number;
  /** Versions of lines that were rejected alone. */
  rejected: Set<number>;
}

export type Replays = ReturnType<typeof createReplays>;

export function createReplays(report: Report) {
  const jobs = new Map<string, Job>();
  /** The last job of each lane. */
  const latest = new Map<string, Job>();
  /** Versions that some replay sent, by lane. */
  const replayed = new Map<string, Set<number>>();

  /** A batch of a replay was started. */
  function started({ webhookId, states, recordedAt }: LaneAccount, delivery: DeliveryAccount): void {
    const job = latest.get(webhookId);
    if (job?.state !== 'running') {
      return report('replay', `a batch of a replay of ${webhookId} starts while the job is ${job?.state}`);
    }
    if (delivery.replayJobId !== job.jobId) {
      report('replay', `${delivery.deliveryId} belongs to job ${delivery.replayJobId}, not to ${job.jobId}`);
    }
    for (const version of versionsOf(delivery)) {
      const [state, at] = [states[version - 1], recordedAt[version - 1] ?? 0];
      const isRequested = at >= job.startAt && at <= job.endAt && (job.scope === 'ALL' || state === 'undelivered');
      if (!isRequested || state === 'pending') {
        report('replay', `a replay sends login ${version} of ${webhookId}, which is ${state} and was not requested`);
      }
    }
  }

  function checkCompleted({ webhookId, states, prunedThrough }: LaneAccount, job: Job): void {
    const { jobId, left, scope, total, sent, rejected } = job;
    // With the scope UNDELIVERED, some may have been recovered or discarded meanwhile.
    const missing = [...left].filter(
      (version) => version > prunedThrough && (scope === 'ALL' || states[version - 1] === 'undelivered'),
    );
    if (missing.length) report('replay', `replay ${jobId} of ${webhookId} ends without ${missing.join(', ')}`);
    if (scope === 'ALL' && !prunedThrough && sent + rejected.size !== total) {
      report('replay', `replay ${jobId} of ${webhookId} ends after ${sent + rejected.size} of ${total} logins`);
    }
  }

  function requested(webhookId: string, { data }: Extract<ReplayEvent, { type: 'ReplayRequested' }>): void {
    if (isActive(webhookId)) report('replay', `${webhookId} has two replays at a time`);
    const { jobId, startAt, endAt, scope } = data;
    const counts = { total: 0, sent: 0, rejected: new Set<number>() };
    const job: Job = { jobId, startAt, endAt, scope, state: 'requested', left: new Set(), ...counts };
    jobs.set(jobId, job);
    latest.set(webhookId, job);
  }

  function begin({ states, recordedAt, prunedThrough }: LaneAccount, job: Job, total: number): void {
    job.state = 'running';
    job.total = total;
    for (const [index, state] of states.entries()) {
      const at = recordedAt[index] ?? 0;
      const isRequested = job.scope === 'ALL' ? state !== 'pending' : state === 'undelivered';
      if (isRequested && at >= job.startAt && at <= job.endAt) job.left.add(index + 1);
    }
    // The account cannot tell which of the requested logins were pruned.
    if (!prunedThrough && job.left.size !== total) {
      report('figures', `replay ${job.jobId} has ${job.left.size} logins to send, but its event says ${total}`);
    }
  }

  function isActive(webhookId: string): boolean {
    return ['requested', 'running'].includes(latest.get(webhookId)?.state ?? '');
  }

  return {
    started,
    apply(lane: LaneAccount, event: ReplayEvent): void {
      if (event.type === 'ReplayRequested') return requested(lane.webhookId, event);
      const job = latest.get(lane.webhookId);
      if (!job || job.jobId !== event.data.jobId) return report('replay', `${event.type} is about another job`);
      switch (event.type) {
        case 'ReplayStarted':
          return begin(lane, job, event.data.total);
        case 'ReplayCompleted':
          job.state = 'completed';
          return checkCompleted(lane, job);
        case 'ReplayFailed':
          job.state = 'failed';
          return;
        case 'ReplayCancelled':
          job.state = 'cancelled';
          return;
        default:
          return event satisfies never;
      }
    },
    /** A batch was delivered. */
    delivered(delivery: DeliveryAccount): void {
      const { webhookId, replayJobId = '' } = delivery;
      const sent = replayed.get(webhookId) ?? new Set();
      replayed.set(webhookId, sent);
      const job = jobs.get(replayJobId);
      for (const version of versionsOf(delivery)) {
        sent.add(version);
        job?.left.delete(version);
        if (job) job.sent += 1;
      }
    },
    /** The receiver rejected a single line: the job continues without it. */
    rejected({ replayJobId = '', firstVersion }: DeliveryAccount): void {
      const job = jobs.get(replayJobId);
      job?.left.delete(firstVersion);
      job?.rejected.add(firstVersion);
    },
    /** A batch was given up, which ends its job: these lines were probably rejected for the same reason. */
    givenUp({ replayJobId = '' }: DeliveryAccount, released: Iterable<number>): void {
      const job = jobs.get(replayJobId);
      if (job?.state === 'running') for (const version of released) job.rejected.delete(version);
    },
    wasReplayed: (webhookId: string, version: number): boolean => replayed.get(webhookId)?.has(version) ?? false,
    isActive,
    /** Every job, by its id. */
    jobs,
  };
}
