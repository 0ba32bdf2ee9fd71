import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type MetricKey, metrics } from '../../src/telemetry/names.ts';
import { click } from '../support/clicks.ts';
import { serve } from '../support/kafka-server.ts';

it('a running server exports every metric of the table and no other, with their kinds and meanings', async () => {
  await using server = await serve({ 'telemetry.sampleRatio': 0 });
  await click(server.url, 10);
  await server.quiet(10);
  const text = await (await fetch(`${server.adminUrl}/metrics`)).text();
  const meanings = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, is]) => [name, is]));
  const exported = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
    ([, name, kind]) => `${kind}: ${meanings.get(name)}`,
  );
  const table = (Object.keys(metrics) as MetricKey[]).map(
    (key) => `${metrics[key].kind}: ${metrics[key].meaning}`,
  );
  assert.deepEqual(exported.sort(), table.sort());
  assert.match(text, /^redirector_answers_total\{http_response_status_code="301"\} 10$/m);
  assert.match(text, /^redirector_records_offered_total 10$/m);
  assert.match(text, /^http_server_request_duration_count 10$/m);
});
