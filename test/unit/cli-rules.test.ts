import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { redirector } from './run-redirector.ts';

const folder = mkdtempSync(join(tmpdir(), 'redirector-rules-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const good = file(
  'good.yaml',
  `rules:
  - name: promo
    host: go.example
    path: /sale
    when: {query: {utm_source: mail}}
    target: https://shop.example/promo
  - {host: go.example, path: /sale, target: "https://shop.example/sale"}
  - {pattern: "/p/:id", target: "https://shop.example/{id}"}
  - {prefix: /docs, target: "https://docs.example/{rest}"}
`,
);
const bad = file(
  'bad.yaml',
  'rules:\n  - path: /a\n    targt: https://x.example/\n  - path: b\n    target: https://x.example/\n',
);
const broken = file('broken.yaml', 'rules:\n  - path: /a\n   target: x\n');
const chain = file(
  'chain.yaml',
  `rules:
  - {host: a.example, path: /a, target: "https://a.example/b"}
  - {host: a.example, path: /b, target: "https://b.example/"}
`,
);

describe('rules check', () => {
  it('sums up a file that is right, and exits 0', async () => {
    const { code, stdout, stderr } = await redirector(['rules', 'check', good]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^ok: 4 rules \(2 paths, 1 prefix, 1 pattern\), 1 host, 0 fallbacks; hash [0-9a-f]{12}\n$/,
    );
  });

  it('names every mistake with its line, and exits 1', async () => {
    const { code, stdout } = await redirector(['rules', 'check', bad]);
    assert.equal(code, 1);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      `${bad}:3: error: "targt" is not a key here. Did you mean target?`,
      `${bad}:4: error: rules[1].path "b" is not a path from /, percent-encoded as browsers send it, without ? and #. Did you mean /b?`,
      '2 mistakes',
    ]);
  });

  it('names line and column of what is no YAML', async () => {
    const { code, stdout } = await redirector(['rules', 'check', broken]);
    assert.equal(code, 1);
    assert.ok(stdout.startsWith(`${broken}:3:4: error: `), stdout);
  });

  it('warns of what works and could be better', async () => {
    const { code, stdout } = await redirector(['rules', 'check', chain]);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`${chain}:2: warning: it redirects to a host of ours`), stdout);
  });

  it('prints a document', async () => {
    const right = JSON.parse((await redirector(['rules', 'check', chain, '--json'])).stdout);
    assert.equal(right.ok, true);
    assert.deepEqual(right.mistakes, []);
    assert.equal(right.warnings[0].line, 2);
    assert.match(right.summary.hash, /^[0-9a-f]{12}$/);
    assert.deepEqual(
      { ...right.summary, hash: '' },
      {
        rules: 2,
        paths: 2,
        prefixes: 0,
        patterns: 0,
        hosts: 1,
        fallbacks: 0,
        hash: '',
      },
    );
    const wrong = JSON.parse((await redirector(['rules', 'check', bad, '--json'])).stdout);
    assert.deepEqual([wrong.ok, wrong.summary, wrong.mistakes.length], [false, null, 2]);
    assert.equal(wrong.mistakes[0].line, 3);
  });

  it('takes the options on which rules depend', async () => {
    const none = file('none.yaml', 'rules: []\n');
    assert.equal((await redirector(['rules', 'check', none])).code, 1);
    assert.equal((await redirector(['rules', 'check', none, '--target', 'https://x.example/'])).code, 0);
  });

  it('reads standard input', async () => {
    const { code, stdout } = await redirector(['rules', 'check', '-'], { input: readFileSync(bad, 'utf8') });
    assert.equal(code, 1);
    assert.ok(stdout.startsWith('standard input:3: error: '), stdout);
  });

  it('exits 2 where there is no such file', async () => {
    const { code, stderr } = await redirector(['rules', 'check', join(folder, 'absent.yaml')]);
    assert.equal(code, 2);
    assert.match(stderr, /cannot be read: no such file or directory\.$/m);
  });
});

describe('rules test', () => {
  it('shows what each URL gets, and why', async () => {
    const { code, stdout, stderr } = await redirector([
      'rules',
      'test',
      good,
      'https://go.example/sale?utm_source=print',
      '/p/7',
    ]);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'GET https://go.example/sale?utm_source=print',
      '  301 Moved Permanently',
      '  Location: https://shop.example/sale',
      '  Cache-Control: private, no-store',
      '  by rule (line 7): path /sale, host go.example',
      '    yes method GET is one of GET, HEAD',
      '  not by rule "promo" (line 2): path /sale, host go.example',
      '    yes method GET is one of GET, HEAD',
      '    no  query utm_source "print" is not "mail"',
      'GET /p/7',
      '  301 Moved Permanently',
      '  Location: https://shop.example/7',
      '  Cache-Control: private, no-store',
      '  by rule (line 8): pattern /p/:id, every host',
      '    {id} is "7"',
      '    yes method GET is one of GET, HEAD',
    ]);
  });

  it('shows rules that nearly are for a path', async () => {
    const { stdout } = await redirector([
      'rules',
      'test',
      good,
      '/sale',
      '/Docs/x',
      'http://go.example/sael',
      '/far',
    ]);
    assert.deepEqual(
      stdout.split('\n').filter((line) => /rule "|Did you mean|^GET|^ {2}404/.test(line)),
      [
        'GET /sale',
        '  404 Not Found',
        '  rule "promo" is for this path, but for the host go.example',
        '  rule "/sale" is for this path, but for the host go.example',
        'GET /Docs/x',
        '  404 Not Found',
        '  rule "/docs" takes /docs/x',
        'GET http://go.example/sael',
        '  404 Not Found',
        '  Did you mean /sale?',
        'GET /far',
        '  404 Not Found',
      ],
    );
  });

  it('takes method, headers, address and time', async () => {
    const rules = file(
      'conditions.yaml',
      `rules:
  - path: /a
    when: {method: POST, language: de, device: mobile, network: 10.0.0.0/8}
    notBefore: 2026-12-01T00:00:00Z
    status: 307
    target: https://a.example/
`,
    );
    const flags = [
      '--header',
      'Accept-Language: de',
      '--header=User-Agent:iPhone',
      '--address',
      '10.1.2.3',
      '--at',
      '2026-12-01T01:00:00+01:00',
    ];
    const { stdout } = await redirector([
      'rules',
      'test',
      rules,
      '/a',
      '--method',
      'POST',
      ...flags,
      '--json',
    ]);
    const [trial] = JSON.parse(stdout);
    assert.deepEqual(
      [trial.status, trial.location, trial.by, trial.rule.name, trial.rule.line],
      [307, 'https://a.example/', 'rule', '/a', 2],
    );
    const [other] = JSON.parse((await redirector(['rules', 'test', rules, '/a', ...flags, '--json'])).stdout);
    assert.deepEqual([other.status, other.location, other.rule], [404, null, null]);
    assert.deepEqual(
      other.passedOver[0].checks.filter((check: { holds: boolean }) => !check.holds),
      [{ holds: false, text: 'method GET is not POST' }],
    );
  });

  it('names the flag or argument of a list that is not allowed', async () => {
    const { code, stderr } = await redirector([
      'rules',
      'test',
      good,
      '/a',
      'b',
      '--header',
      'A: b',
      '--header',
      'c',
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /^redirector: --header: "c" is not a header as NAME:VALUE\.$/m);
    assert.match(stderr, /^redirector: url: "b" is not a path that begins with \//m);
  });

  it('asks for URLs or expectations, and for rules that are right', async () => {
    for (const args of [[good], [good, '/a', '--expect', 'x.yaml']]) {
      const { code, stderr } = await redirector(['rules', 'test', ...args]);
      assert.equal(code, 2);
      assert.match(stderr, /Give URLs to try, or --expect FILE\./);
    }
    assert.equal((await redirector(['rules', 'test', bad, '/a'])).code, 2);
  });
});

describe('rules test --expect', () => {
  const right = `- url: /docs/x
  status: 301
  location: https://docs.example/x
  rule: /docs
- url: /sale?utm_source=mail
  headers: {Host: go.example}
  rule: promo
- {url: /nothing, status: 404, location: null, rule: null}
- {url: /p/1, method: DELETE, status: 405}
`;

  it('exits 0 when all is as expected', async () => {
    const { code, stdout } = await redirector(['rules', 'test', good, '--expect', file('right.yaml', right)]);
    assert.equal(stdout, '4 of 4 as expected\n');
    assert.equal(code, 0);
  });

  it('exits 1 and names what differs, with the line', async () => {
    const wrong = file(
      'wrong.yaml',
      right
        .replace('rule: promo', 'rule: null')
        .replace('status: 404, location: null', 'status: 301, location: "https://x.example/"'),
    );
    const { code, stdout } = await redirector(['rules', 'test', good, '--expect', wrong]);
    assert.equal(code, 1);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      `${wrong}:5: /sale?utm_source=mail: rule is "promo", not none`,
      `${wrong}:8: /nothing: status is 404, not 301; location is absent, not https://x.example/`,
      '2 of 4 as expected',
    ]);
    const document = JSON.parse(
      (await redirector(['rules', 'test', good, '--expect', wrong, '--json'])).stdout,
    );
    assert.equal(document.ok, false);
    assert.deepEqual(document.expectations[1], {
      line: 5,
      url: '/sale?utm_source=mail',
      differences: ['rule is "promo", not none'],
    });
  });

  it('exits 2 where the file is not what it should be, and names every mistake', async () => {
    const odd = file('odd.yaml', '- url: nope\n- url: /a\n  staus: 1\n- url: /b\n  headers: {"a b": c}\n');
    const { code, stderr } = await redirector(['rules', 'test', good, '--expect', odd]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /\[0\]\.url is not a path .* \(line 1\); \[1\] has staus, which it cannot have \(line 2\); \[2\]\.headers.* \(line 5\)\./,
    );
    for (const text of ['x: 1', '[]', '- [', '- 1']) {
      assert.equal(
        (await redirector(['rules', 'test', good, '--expect', file('odd.yaml', text)])).code,
        2,
        text,
      );
    }
  });
});

describe('rules import', () => {
  it('writes rules that pass the check, and exits 0 when all is carried over', async () => {
    const source = file('_redirects', '/a https://a.example/ 302\n/b/* https://b.example/:splat\n');
    const { code, stdout, stderr } = await redirector(['rules', 'import', source]);
    assert.equal(code, 0);
    assert.equal(stderr, `${source}: all is carried over\n`);
    assert.equal((await redirector(['rules', 'check', file('imported.yaml', stdout)])).code, 0);
    assert.match(
      stdout,
      /# .*_redirects:2\n {2}- pattern: \/b\/\*splat\n {4}target: https:\/\/b\.example\/\{splat\}\n {4}query: all\n/,
    );
  });

  it('names what is left and what differs on standard error, writes the rest, and exits 1', async () => {
    const source = file(
      'site.conf',
      'server {\n  rewrite ^/a /b last;\n  location /c { return 301 https://c.example/; }\n}\n',
    );
    const output = join(folder, 'site.yaml');
    const { code, stdout, stderr } = await redirector(['rules', 'import', source, '--output', output]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      `${source}:3: differs: it takes /c and what is below /c/, not longer names that begin so`,
      `${source}:2: left: it rewrites within nginx, which is no redirect`,
      `${source}: 1 left, the rest is carried over`,
    ]);
    assert.equal((await redirector(['rules', 'check', output])).code, 0);
  });

  it('takes a base for targets without a host, a format, and standard input', async () => {
    const { code, stdout } = await redirector(
      ['rules', 'import', '-', '--from', 'csv', '--base', 'https://www.example/'],
      { input: '/a,/b\n' },
    );
    assert.equal(code, 0);
    assert.match(stdout, /target: https:\/\/www\.example\/b\n/);
  });

  it('writes nothing where there is nothing to carry over', async () => {
    const { code, stdout, stderr } = await redirector(['rules', 'import', '-', '--from', 'nginx'], {
      input: '# none\n',
    });
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(stderr, 'standard input: there is no redirect that can be carried over\n');
  });

  it('asks for the format where it cannot be seen', async () => {
    const { code, stderr } = await redirector(['rules', 'import', '-'], { input: 'hello\n' });
    assert.equal(code, 2);
    assert.match(stderr, /What standard input is cannot be seen: say --from\./);
  });
});
