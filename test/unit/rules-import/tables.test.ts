import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatOf, formats } from '../../../src/cli/rules-import/formats.ts';
import { assertAnswers, importText } from './imported-rules.ts';

describe('a _redirects file', () => {
  it('has splats, placeholders, parameters, hosts, languages and statuses', () => {
    const rules = importText(
      'redirects',
      `# moved
       /home                  /
       /blog/my-post.php      https://ex.example/blog/my-post # here
       /news/*                https://ex.example/blog/:splat  301!
       /articles/:year/:slug  https://ex.example/:slug/:year 302
       /store id=:id          https://ex.example/blog/:id  301
       /store                 https://ex.example/store
       https://blog.ex.example/*  https://www.ex.example/blog/:splat 301!
       /hello                 https://ex.example/de 302 Language=de,at
       /hello                 https://ex.example/en 302`,
      'https://www.example',
    );
    assert.deepEqual([...rules.left, ...rules.differing], []);
    assertAnswers(
      rules,
      `/home                        301 https://www.example/
       /blog/my-post.php            301 https://ex.example/blog/my-post
       /news/a/b?c=d                301 https://ex.example/blog/a/b?c=d
       /articles/2024/x             302 https://ex.example/x/2024
       /store?id=7                  301 https://ex.example/blog/7
       /store                       301 https://ex.example/store
       https://blog.ex.example/a    301 https://www.ex.example/blog/a
       /hello                       302 https://ex.example/en`,
    );
    assert.equal(rules.answer('/hello', { 'accept-language': 'de-DE' }), '302 https://ex.example/de');
  });

  it('names lines that cannot be carried over, and rules that another takes the requests of', () => {
    const { left, differing } = importText(
      'redirects',
      `/us      https://ex.example/us 302 Role=admin
/api/*   https://api.example/:splat 200
/*/x     https://ex.example/
/a
/b       /c
docs     https://ex.example/
/*       https://all.example/:splat
/late    https://late.example/`,
    );
    assert.deepEqual(left, [
      '1: its condition Role=admin is none that rules have',
      '2: it answers with 200, which is no redirect',
      '3: its * is not the last segment',
      '4: it has no target',
      '5: its target has no host: name the one that is meant with --base https://HOST',
      '6: "docs" is neither a path from / nor a URL',
    ]);
    assert.deepEqual(differing, ['8: it is never reached, as line 7 takes all of /late: left out']);
  });

  it('may ask for countries, which needs a header that tells them', () => {
    const line = '/us https://ex.example/us 302 Country=us,ca Language=en';
    const [rule] = formats.redirects.read(line, { base: undefined }).rules;
    assert.deepEqual(rule!.when, { country: ['US', 'CA'], language: ['en'] });
    assert.deepEqual(importText('redirects', line).left, [
      '1: country needs the options proxy.trusted and proxy.countryHeader',
    ]);
  });

  it('has an order, which differs from ours where two rules share some paths', () => {
    const { differing } = importText('redirects', '/:a/x https://one.example/\n/b/* https://two.example/');
    assert.deepEqual(differing, ['2: /b/*splat comes before line 1, /:a/x, as it is the more specific one']);
  });
});

describe('a CSV file', () => {
  it('has headings or not, quotes, and the separator that its first line has', () => {
    const rows = [
      '/a,https://x.example/a,308',
      '"/b,c","https://x.example/""b""",',
      'https://h.example/d,https://x.example/d',
    ];
    for (const text of [rows.join('\r\n'), ['\uFEFFFrom,To,Status', ...rows].join('\n')]) {
      const rules = importText('csv', text);
      assert.deepEqual([...rules.left, ...rules.differing], []);
      assertAnswers(
        rules,
        `/a                    308 https://x.example/a
         /b,c                  301 https://x.example/"b"
         https://h.example/d   301 https://x.example/d
         /d                    404`,
      );
    }
    assert.equal(
      importText('csv', '/a;https://x.example/?a,b;302').answer('/a'),
      '302 https://x.example/?a,b',
    );
    assert.equal(importText('csv', '/a\thttps://x.example/;c').answer('/a'), '301 https://x.example/;c');
  });

  it('may have text that browsers encode, parameters, and paths that are gone', () => {
    const rules = importText(
      'csv',
      '/café?x=1,https://x.example/café\n/gone,,410\n/{id},https://x.example/{id}',
    );
    assert.deepEqual([...rules.left, ...rules.differing], []);
    assertAnswers(
      rules,
      `/caf%C3%A9?x=1   301 https://x.example/caf%C3%A9
       /caf%C3%A9       404
       /gone            410
       /%7Bid%7D        301 https://x.example/%7Bid%7D`,
    );
  });

  it('names lines that cannot be carried over', () => {
    const { left } = importText(
      'csv',
      'from,to\n/a,\n/b,/c\nd,https://x.example/\n/e,https://x.example/,200\n/f,https://x y/',
    );
    assert.deepEqual(left.slice(0, 4), [
      '2: it has no target',
      '3: its target has no host: name the one that is meant with --base https://HOST',
      '4: "d" is neither a path from / nor a URL',
      '5: it answers with 200, which is no redirect',
    ]);
    assert.match(left[4]!, /^6: .* is not an absolute http:\/\/ or https:\/\/ URL/);
  });

  it('whose quotes do not end is no CSV', () => {
    assert.match(
      importText('csv', '/a,"https://x.example/\n/b,c').left[0]!,
      /it is no CSV .*: nothing is carried over$/,
    );
  });
});

describe('the format of a file', () => {
  it('is seen by its name, or by what only that format has', () => {
    assert.equal(formatOf('/etc/nginx/nginx.conf', ''), 'nginx');
    assert.equal(formatOf('/var/www/.htaccess', ''), 'htaccess');
    assert.equal(formatOf('public/_redirects', ''), 'redirects');
    assert.equal(formatOf('moved.CSV', ''), 'csv');
    assert.equal(formatOf('site.conf', 'server {\n  return 301 https://a.example/;\n}'), 'nginx');
    assert.equal(formatOf('-', 'map $uri $to {\n  /a /b;\n}'), 'nginx');
    assert.equal(formatOf('-', '# old\nRedirect 301 /a https://a.example/'), 'htaccess');
    assert.equal(formatOf('-', '# old\n/a  https://a.example/ 301'), 'redirects');
    assert.equal(formatOf('-', '/a,https://a.example/,301'), 'csv');
    assert.equal(formatOf('-', 'nothing'), undefined);
  });
});
