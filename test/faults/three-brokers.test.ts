import { after, describe } from 'node:test';
import { realPart } from '../support/real-parts.ts';
import { testFaults } from './fault-tests.ts';
import { makeLab } from './lab.ts';

describe('a fault of a cluster of three brokers', { skip: await realPart('kafka', 'kcat') }, () => {
  const lab = makeLab();
  after(() => lab.stop());
  testFaults(lab, ({ brokers }) => brokers === 3);
});
