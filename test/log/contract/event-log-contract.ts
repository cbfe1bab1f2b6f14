/** Holds an implementation of the event log to the promises of src/log/event-log.ts. */
import { expect, it } from 'vitest';
import { failures } from './failures.js';
import { follow } from './follow.js';
import { groups } from './groups.js';
import type { LogHarness } from './harness.js';
import { model } from './model.js';
import { order } from './order.js';
import { pruning } from './pruning.js';
import { reads } from './reads.js';
import { checkLog, openSubject, type Scenario } from './subject.js';

const contract: readonly Scenario[] = [...order, ...groups, ...failures, ...reads, ...pruning, ...follow, ...model];

/** Defines a test for each scenario, and a last one that fails if a scenario was not run. */
export function testContract(harness: LogHarness): void {
  const ran: string[] = [];

  for (const { name, run } of contract) {
    it(name, async () => {
      ran.push(name);
      const subject = await openSubject(harness);
      await run(subject);
      await checkLog(subject);
    });
  }

  it('every scenario of the contract was run', () => expectComplete(contract, ran));
}

/** Fails if there is no scenario, if two have one name, or if one was not run. */
export function expectComplete(scenarios: readonly Pick<Scenario, 'name'>[], ran: readonly string[]): void {
  expect(scenarios.length, 'number of scenarios').toBeGreaterThan(0);
  expect(ran).toEqual(scenarios.map(({ name }) => name));
  expect(new Set(ran).size, 'number of names').toBe(ran.length);
}
