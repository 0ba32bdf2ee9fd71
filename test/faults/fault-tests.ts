/** Makes a test of each of some faults. */
import { it } from 'node:test';
import { assertHolds } from './assert-holds.ts';
import { faults } from './catalogue.ts';
import type { Fault } from './fault.ts';
import type { Lab } from './lab.ts';
import { type Pace, runFault } from './run-fault.ts';

/** Short: enough for every fault to be met, not for figures. */
const pace: Pace = { rps: 500, warmUpSeconds: 0, calmSeconds: 0.5, faultSeconds: 1 };

export function testFaults(lab: Lab, chosen: (fault: Fault) => boolean): void {
  for (const fault of faults.filter(chosen)) {
    it(`${fault.name}: ${fault.holds}`, async () => {
      assertHolds(fault, await runFault(fault, lab, pace));
    });
  }
}
