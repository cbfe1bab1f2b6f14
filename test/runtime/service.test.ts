import { describe, expect, it, onTestFinished } from 'vitest';
import { createService, type Service, stopAll } from '../../src/runtime/service.js';

/** A service that notes its work, and starts and stops when the test says so. */
function aService(name = 'service') {
  const said: string[] = [];
  let finishStart = () => {};
  let finishStop = () => {};
  const service = createService(name, {
    start() {
      said.push('starting');
      return new Promise<void>((resolve) => (finishStart = resolve)).then(() => void said.push('started'));
    },
    stop() {
      said.push('stopping');
      return new Promise<void>((resolve) => (finishStop = resolve)).then(() => void said.push('stopped'));
    },
  });
  return { service, said, finishStart: () => finishStart(), finishStop: () => finishStop() };
}

describe('a service', () => {
  it('starts once, however often it is asked to', async () => {
    const { service, said, finishStart } = aService();
    const both = Promise.all([service.start(), service.start()]);
    finishStart();
    await both;
    await service.start();
    expect(said).toEqual(['starting', 'started']);
  });

  it('stops once, however often it is asked to', async () => {
    const { service, said, finishStart, finishStop } = aService();
    const started = service.start();
    finishStart();
    await started;
    const both = Promise.all([service.stop(), service.stop()]);
    finishStop();
    await both;
    await service.stop();
    expect(said).toEqual(['starting', 'started', 'stopping', 'stopped']);
  });

  it('never starts after it was stopped before its start, and gives back what it holds', async () => {
    const { service, said, finishStop } = aService();
    const stopped = service.stop();
    finishStop();
    await stopped;
    await service.start();
    expect(said).toEqual(['stopping', 'stopped']);
  });

  it('that is stopped while it starts ends its start first', async () => {
    const { service, said, finishStart, finishStop } = aService();
    const started = service.start();
    const stopped = service.stop();
    expect(said).toEqual(['starting']);
    finishStart();
    await started;
    await expect.poll(() => said).toEqual(['starting', 'started', 'stopping']);
    finishStop();
    await stopped;
  });

  it('that could not start can be stopped', async () => {
    const said: string[] = [];
    const service = createService('broken', {
      start: () => Promise.reject(new Error('port taken')),
      stop: () => void said.push('stopped'),
    });
    await expect(service.start()).rejects.toThrow('port taken');
    await service.stop();
    expect(said).toEqual(['stopped']);
  });
});

describe('stopAll', () => {
  it('asks all services at once and waits for all', async () => {
    const [one, other] = [aService('one'), aService('other')];
    const stopped = stopAll([one.service, other.service]);
    expect([one.said, other.said]).toEqual([['stopping'], ['stopping']]);
    one.finishStop();
    other.finishStop();
    expect(await stopped).toEqual([]);
  });

  it('names the services that are late at the deadline', async () => {
    const [one, late] = [aService('one'), aService('late')];
    onTestFinished(late.finishStop);
    const stopped = stopAll([one.service, late.service], 20);
    one.finishStop();
    expect(await stopped).toEqual(['late']);
  });

  it('does not hide that a service could not be stopped', async () => {
    const broken: Service = createService('broken', { stop: () => Promise.reject(new Error('disk gone')) });
    await expect(stopAll([broken])).rejects.toThrow('disk gone');
  });
});
