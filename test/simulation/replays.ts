/** The replay jobs of a run: what each has to send, and whether it has. */
import type { LoginRange } from '../../src/domain/login-range.js';
import type { ReplayEvent, ReplayScope } from '../../src/domain/replay.js';
import type { Report } from './invariants.js';
import { type PortalAccount, versionsOf } from './portal.js';

interface Job {
  jobId: string;
  startAt: number;
  endAt: number;
  scope: ReplayScope;
  state: 'requested' | 'running' | 'completed' | 'failed' | 'cancelled';
  /** What it had to send when it was started, and has not. */
  left: Set<number>;
}

export type Replays = ReturnType<typeof createReplays>;

export function createReplays(report: Report) {
  const jobs = new Map<string, Job>();
  /** What was sent for a replay, due or not, by portal. */
  const replayed = new Map<string, Set<number>>();

  function started({ portalId, standings, recordedAt }: PortalAccount, range: LoginRange): void {
    const job = jobs.get(portalId);
    if (job?.state !== 'running') return report('replay', `a part of a replay of ${portalId}, which is ${job?.state}`);
    for (const version of versionsOf(range)) {
      const [standing, at] = [standings[version - 1], recordedAt[version - 1] ?? 0];
      const isWanted = at >= job.startAt && at <= job.endAt && (job.scope === 'ALL' || standing === 'undelivered');
      if (!isWanted || standing === 'pending') {
        report('replay', `login ${version} of ${portalId} is sent for a replay of others, and is ${standing}`);
      }
    }
  }

  function completed({ portalId, standings, goneThrough }: PortalAccount, { jobId, left, scope }: Job): void {
    // Some were recovered or discarded meanwhile, or are gone.
    const missing = [...left].filter(
      (version) => version > goneThrough && (scope === 'ALL' || standings[version - 1] === 'undelivered'),
    );
    if (missing.length) report('replay', `replay ${jobId} of ${portalId} ends without ${missing.join(', ')}`);
  }

  function apply(account: PortalAccount, event: ReplayEvent): void {
    const { portalId, standings, recordedAt } = account;
    const job = jobs.get(portalId);
    if (event.type === 'ReplayRequested') {
      if (job?.state === 'requested' || job?.state === 'running') report('replay', `two replays of ${portalId}`);
      const { jobId, startAt, endAt, scope } = event.data;
      jobs.set(portalId, { jobId, startAt, endAt, scope, state: 'requested', left: new Set() });
      return;
    }
    if (!job || job.jobId !== event.data.jobId) return report('replay', `${event.type} is about another replay`);
    switch (event.type) {
      case 'ReplayStarted':
        job.state = 'running';
        for (const [index, standing] of standings.entries()) {
          const at = recordedAt[index] ?? 0;
          const isWanted = job.scope === 'ALL' ? standing !== 'pending' : standing === 'undelivered';
          if (isWanted && at >= job.startAt && at <= job.endAt) job.left.add(index + 1);
        }
        // Of what is gone from the log nothing is known here.
        if (!account.goneThrough && job.left.size !== event.data.total) {
          report(
            'figures',
            `replay ${job.jobId} has ${job.left.size} logins to send, and ${event.data.total} by the log`,
          );
        }
        return;
      case 'ReplayCompleted':
        job.state = 'completed';
        return completed(account, job);
      case 'ReplayFailed':
        job.state = 'failed';
        return;
      case 'ReplayCancelled':
        job.state = 'cancelled';
        return;
      default:
        return event satisfies never;
    }
  }

  return {
    apply,
    started,
    sent({ portalId }: PortalAccount, range: LoginRange): void {
      const sent = replayed.get(portalId) ?? new Set();
      for (const version of versionsOf(range)) {
        sent.add(version);
        jobs.get(portalId)?.left.delete(version);
      }
      replayed.set(portalId, sent);
    },
    /** A line that the receiver finds too large is passed over. */
    refused({ portalId }: PortalAccount, { firstVersion }: LoginRange): void {
      jobs.get(portalId)?.left.delete(firstVersion);
    },
    wasReplayed: (portalId: string, version: number): boolean => replayed.get(portalId)?.has(version) ?? false,
    isUnderWay: (portalId: string): boolean => ['requested', 'running'].includes(jobs.get(portalId)?.state ?? ''),
  };
}
