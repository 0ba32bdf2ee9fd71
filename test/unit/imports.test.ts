import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { areaOf, importsOf, violations } from './import-rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const files = globSync(['src/**/*.ts', 'loadtest/**/*.ts'], { cwd: root }).map((path) =>
  path.replaceAll('\\', '/'),
);

describe('imports point one way', () => {
  it('in every file of src/ and loadtest/', () => {
    assert.ok(files.length > 20);
    const found = files.flatMap((path) => violations(path, readFileSync(`${root}${path}`, 'utf8')));
    assert.deepEqual(found, []);
  });

  it('as every part of the table is a part of the code, or planned', () => {
    assert.equal(areaOf('src/options.ts'), 'shared');
    assert.equal(areaOf('src/telemetry/names.ts'), 'shared');
    assert.equal(areaOf('src/telemetry/sdk.ts'), 'telemetry');
    assert.equal(areaOf('src/server/supervisor.ts'), 'server');
    assert.equal(areaOf('src/somewhere/else.ts'), undefined);
  });
});

describe('a forbidden import is found', () => {
  const forbidden: [path: string, source: string, sentence: RegExp][] = [
    ['src/server/queue/a.ts', "import { x } from '../sink/b.ts';", /queue may not import sink/],
    ['src/server/redirect/a.ts', "import '../sink/b.ts';", /redirect may not import sink/],
    ['src/server/sink/a.ts', "export * from '../redirect/b.ts';", /sink may not import redirect/],
    ['src/options.ts', "import type { X } from './server/queue/b.ts';", /shared may not import queue/],
    [
      'src/cli/a.ts',
      "const { x } = await import('../server/queue/slab-pool.ts');",
      /cli may not import queue/,
    ],
    ['src/server/listener.ts', "import {\n  x,\n} from '../telemetry/sdk.ts';", /only the supervisor/],
    ['src/server/supervisor.ts', "import { run } from '../cli/main.ts';", /server may not import cli/],
    ['src/server/supervisor.ts', "new Worker(new URL('../cli/b.ts', import.meta.url))", /may not import cli/],
    [
      'src/server/supervisor.ts',
      "import { trace } from '@opentelemetry/api';",
      /OpenTelemetry is for src\/telemetry/,
    ],
    ['src/server/sink/kafka-sink.ts', "require('kafkajs/src/cluster')", /kafkajs's inner modules/],
    [
      'loadtest/a.ts',
      "import { x } from '../src/server/queue/slab-pool.ts';",
      /loadtest may not import queue/,
    ],
    [
      'loadtest/a.ts',
      "import { x } from '../src/server/sink/kafka-sink.ts';",
      /loadtest may not import sink/,
    ],
    ['loadtest/a.ts', "import { x } from '../test/unit/b.ts';", /belongs to no part/],
    ['src/somewhere/a.ts', '', /belongs to no part/],
  ];
  for (const [path, source, sentence] of forbidden) {
    it(`${path}: ${source.replaceAll('\n', ' ') || '(an unknown folder)'}`, () => {
      const found = violations(path, source);
      assert.equal(found.length, 1);
      assert.match(found[0]!, sentence);
    });
  }
});

describe('an allowed import is not', () => {
  const allowed: [path: string, source: string][] = [
    [
      'src/server/queue/a.ts',
      "import { x } from './b.ts'; import fs from 'node:fs'; import '../../limits.ts';",
    ],
    ['src/server/listener.ts', "import { x } from '../telemetry/traceparent.ts';"],
    ['src/server/supervisor.ts', "import { x } from '../telemetry/sdk.ts';"],
    ['src/server/supervisor-threads.ts', "import { x } from './queue/record-batch.ts';"],
    ['src/server/sink/kafkajs-internals.ts', "require('kafkajs/src/cluster')"],
    ['src/telemetry/sdk.ts', "import { trace } from '@opentelemetry/api';"],
    ['loadtest/a.ts', "import { x } from '../src/server/queue/record-batch.ts';"],
    ['loadtest/a.ts', "import { x } from '../src/server/sink/kafka-options.ts';"],
    ['src/cli/a.ts', "import { x } from '../server/sink/kafka-options.ts';"],
    ['src/server/queue/a.ts', "/**\n * import { x } from '../sink/b.ts';\n */\n// import '../sink/b.ts'"],
  ];
  for (const [path, source] of allowed) {
    it(`${path}: ${source.replaceAll('\n', ' ')}`, () => assert.deepEqual(violations(path, source), []));
  }
});

it('the imports of a file are read however they are written', () => {
  const source = `
    import a from './a.ts';
    import type { B } from "./b.ts";
    import {
      c,
    } from './c.ts';
    import './d.ts';
    export { e } from './e.ts';
    const f = await import('./f.ts');
    const g = require('./g.ts');
    const h = new URL('./h.ts', import.meta.url);
    const text = 'imported from';`;
  assert.deepEqual(
    importsOf(source).map((specifier) => specifier.slice(2, 3)),
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
  );
});
