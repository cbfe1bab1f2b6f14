import { describe, expect, it, onTestFinished } from 'vitest';
import { createService, type Service, stopAll } from '../../src/runtime/service.js';

/** A service that records its steps. Its start and its stop end when the test calls `finishStart` and `finishStop`. */
function aService(name = 'service') {
  const steps: string[] = [];
  let finishStart = () => {};
  let finishStop = () => {};
  const service = createService(name, {
    start() {
      steps.push('starting');
      return new Promise<void>((resolve) => (finishStart = resolve)).then(() => void steps.push('started'));
    },
    stop() {
      steps.push('stopping');
      return new Promise<void>((resolve) => (finishStop = resolve)).then(() => void steps.push('stopped'));
    },
  });
  return { service, steps, finishStart: () => finishStart(), finishStop: () => finishStop() };
}

describe('a service', () => {
  it('starts once, however often `start` is called', async () => {
    const { service, steps, finishStart } = aService();
    const both = Promise.all([service.start(), service.start()]);
    finishStart();
    await both;
    await service.start();
    expect(steps).toEqual(['starting', 'started']);
  });

  it('stops once, however often `stop` is called', async () => {
    const { service, steps, finishStart, finishStop } = aService();
    const started = service.start();
    finishStart();
    await started;
    const both = Promise.all([service.stop(), service.stop()]);
    finishStop();
    await both;
    await service.stop();
    expect(steps).toEqual(['starting', 'started', 'stopping', 'stopped']);
  });

  it('that was stopped before its start never starts, but runs its stop', async () => {
    const { service, steps, finishStop } = aService();
    const stopped = service.stop();
    finishStop();
    await stopped;
    await service.start();
    expect(steps).toEqual(['stopping', 'stopped']);
  });

  it('that is stopped while it starts finishes its start first', async () => {
    const { service, steps, finishStart, finishStop } = aService();
    const started = service.start();
    const stopped = service.stop();
    expect(steps).toEqual(['starting']);
    finishStart();
    await started;
    await expect.poll(() => steps).toEqual(['starting', 'started', 'stopping']);
    finishStop();
    await stopped;
  });

  it('that could not start can be stopped', async () => {
    const steps: string[] = [];
    const service = createService('broken', {
      start: () => Promise.reject(new Error('port taken')),
      stop: () => void steps.push('stopped'),
    });
    await expect(service.start()).rejects.toThrow('port taken');
    await service.stop();
    expect(steps).toEqual(['stopped']);
  });
});

describe('stopAll', () => {
  it('stops all services at once and waits for all', async () => {
    const [one, other] = [aService('one'), aService('other')];
    const stopped = stopAll([one.service, other.service]);
    expect([one.steps, other.steps]).toEqual([['stopping'], ['stopping']]);
    one.finishStop();
    other.finishStop();
    expect(await stopped).toEqual([]);
  });

  it('returns the names of the services that have not stopped at the time limit', async () => {
    const [one, late] = [aService('one'), aService('late')];
    onTestFinished(late.finishStop);
    const stopped = stopAll([one.service, late.service], 20);
    one.finishStop();
    expect(await stopped).toEqual(['late']);
  });

  it('fails if a service cannot be stopped', async () => {
    const broken: Service = createService('broken', { stop: () => Promise.reject(new Error('disk gone')) });
    await expect(stopAll([broken])).rejects.toThrow('disk gone');
  });
});
