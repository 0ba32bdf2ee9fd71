import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hostCount } from '../../src/server/bad-requests.ts';

it('Host headers are counted however they are written, and nothing else is', () => {
  assert.equal(hostCount([]), 0);
  assert.equal(hostCount(['Accept', 'Host', 'Date', 'host', 'Hos', 'x', 'X-Host', 'a']), 0);
  assert.equal(hostCount(['Accept', '*/*', 'hOsT', 'a', 'DNT', '1']), 1);
  assert.equal(hostCount(['Host', 'a', 'host', 'a']), 2);
});
