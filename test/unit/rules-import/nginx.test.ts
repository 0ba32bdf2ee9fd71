// What requests get here was seen to be what nginx 1.22 answers to them, but where a test says that it differs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertAnswers, importText } from './imported-rules.ts';

const importNginx = (text: string, base?: string) => importText('nginx', text, base);

describe('redirects of nginx', () => {
  it('of whole servers keep host, path and parameters', () => {
    const rules = importNginx(`
      http {
        server { listen 80; server_name example.com www.example.com; return 301 https://www.example.net$request_uri; }
        server { listen 80; server_name .example.org; return 302 https://example.net; }
        server { listen 80 default_server; server_name _; return 307 https://default.example$uri$is_args$args; }
      }`);
    assert.deepEqual(rules.left, []);
    assertAnswers(
      rules,
      `http://example.com/a/b?c=d       301 https://www.example.net/a/b?c=d
       http://www.example.com/          301 https://www.example.net/
       http://deep.example.org/x?y=z    302 https://example.net
       http://example.org/              302 https://example.net
       http://other.example/a?b=c       307 https://default.example/a?b=c`,
    );
  });

  it('to https on the same host go to the host that was asked for, with a word of warning', () => {
    const rules = importNginx(
      'server { server_name a.example b.example; return 301 https://$host$request_uri; }',
    );
    assertAnswers(rules, 'http://b.example/x?y 301 https://b.example/x?y');
    assert.match(rules.differing[0]!, /^1: it leads to the same host by https: /);
  });

  it('of locations are tried in the order of nginx', () => {
    const rules = importNginx(`
      server {
        location /docs/ { return 302 https://docs.example$request_uri; }
        location ~ ^/docs/v1/(.*)$ { return 301 https://v1.example/$1; }
        location ^~ /static/ { return 301 https://cdn.example$uri; }
        location = /about { return 301 https://about.example/; }
        location ~ ^/u/(?<name>[^/]+)/posts$ { return 308 "https://people.example/$name?from=$arg_ref"; }
        location /gone/ { return 410; }
        location /private/ { return 403; }
        location / { return 303 https://www.example/; }
      }`);
    assert.deepEqual(rules.left, []);
    assertAnswers(
      rules,
      `/docs/x?y=z              302 https://docs.example/docs/x?y=z
       /docs/v1/a/b?c           301 https://v1.example/a/b
       /static/a.css?v=1        301 https://cdn.example/static/a.css
       /about                   301 https://about.example/
       /about/                  303 https://www.example/
       /u/bob/posts?ref=me      308 https://people.example/bob?from=me
       /gone/x                  410
       /private/x               403
       /                        303 https://www.example/`,
    );
  });

  it('of a location that nginx looks at first hide those of others', () => {
    const rules = importNginx(`
      server {
        location ~ ^/a/ { return 301 https://expression.example/; }
        location /a/b/ { return 301 https://prefix.example/; }
      }`);
    assertAnswers(rules, '/a/b/c 301 https://expression.example/');
    assert.deepEqual(rules.differing, ['4: it is never reached, as line 3 takes all of /a/b/: left out']);
  });

  it('by rewrite add the parameters, unless the replacement ends with ?', () => {
    const rules = importNginx(`
      server {
        listen 443 ssl;
        server_name shop.example;
        rewrite ^/product/([^/]+)/?$ /p/$1 permanent;
        rewrite ^/list/(.*)$ https://list.example/$1? redirect;
        rewrite ^/(en|de)/contact(\\.html?)?$ https://contact.example/$1 permanent;
        rewrite ^/q/(.*)$ https://q.example/?p=$1;
      }`);
    assert.deepEqual([...rules.left, ...rules.differing], []);
    assertAnswers(
      rules,
      `https://shop.example/product/12?a=b      301 https://shop.example/p/12?a=b
       https://shop.example/product/12/         301 https://shop.example/p/12
       https://shop.example/list/a/b?c=d        302 https://list.example/a/b
       https://shop.example/en/contact          301 https://contact.example/en
       https://shop.example/de/contact.html     301 https://contact.example/de
       https://shop.example/fr/contact          404
       https://shop.example/q/a?z=1             302 https://q.example/?p=a&z=1`,
    );
  });

  it('by map go where the map says', () => {
    const rules = importNginx(
      `
      map $uri $new_uri {
        default "";
        /old-page          /new-page;
        ~^/blog/([^/]+)$   /articles/$1;
        ~^/x/(?<slug>.*)$  https://x.example/$slug;
        "/with space"      /without;
        /stays             "";
      }
      server { if ($new_uri) { return 301 $new_uri; } }`,
      'https://www.example',
    );
    assert.deepEqual([...rules.left, ...rules.differing], []);
    assertAnswers(
      rules,
      `/old-page        301 https://www.example/new-page
       /blog/a          301 https://www.example/articles/a
       /blog/a/b        404
       /x/a/b           301 https://x.example/a/b
       /with%20space    301 https://www.example/without
       /stays           404`,
    );
  });

  it('of a map alone get the usual status', () => {
    const rules = importNginx('map $host$request_uri $to { a.example/x?id=3 https://b.example/three; }');
    assertAnswers(
      rules,
      `http://a.example/x?id=3   301 https://b.example/three
       http://a.example/x?id=4   404
       http://c.example/x?id=3   404`,
    );
  });

  it('by if are for the host, path or parameter that it asks for', () => {
    const rules = importNginx(`
      server {
        server_name new.example old.example;
        if ($host = old.example) { return 301 https://new.example$request_uri; }
        if ($request_uri = /a) { return 302 https://a.example/; }
        if ($arg_id = 7) { return 302 https://seven.example/; }
        location = /b { return 302 https://b.example/; }
      }`);
    assert.deepEqual(rules.left, []);
    assertAnswers(
      rules,
      `http://old.example/b     301 https://new.example/b
       http://old.example/a     301 https://new.example/a
       http://new.example/a     302 https://a.example/
       http://new.example/?id=7 302 https://seven.example/
       http://new.example/b     302 https://b.example/`,
    );
  });
});

describe('of nginx, lines are named that', () => {
  it('cannot be carried over', () => {
    const { left } = importNginx(`server {
      rewrite ^/app/(.*)$ /index.php?q=$1 last;
      location ~* \\.(gif|jpg)$ { return 301 https://img.example$uri; }
      location /teapot { return 418; }
      location /geo { return 302 https://$geoip_country_code.example/; }
      location /relative { return 301 /x; }
      if ($scheme = http) { return 301 https://a.example/; }
      rewrite ^/(.*)/feed$ https://feed.example/$1 permanent;
      rewrite ^/item-(\\d+)$ https://item.example/$1 permanent;
      include snippets/redirects.conf;
      location ~ "^/(?=a)" { return 301 https://a.example/; }
    }`);
    assert.deepEqual(left, [
      '2: it rewrites within nginx, which is no redirect',
      '7: it asks for $scheme = http, and rules do not',
      '8: it takes several segments in the middle of a path',
      '9: it captures a part of a segment',
      '10: the file "snippets/redirects.conf" is not read: import it by itself',
      '3: it does not begin with ^, so that it may match in the middle of a path',
      '11: it looks ahead, behind or for word boundaries',
      '6: its target has no host: name the one that is meant with --base https://HOST',
      '4: it answers with 418, which is no redirect',
      '5: what $geoip_country_code stands for is not known here',
    ]);
  });

  it('take other paths here', () => {
    const rules = importNginx(`server {
      location /docs { return 301 https://docs.example/; }
      rewrite ^/n/\\d+$ https://n.example/ permanent;
      location /docs/api/ { proxy_pass http://backend; }
      location ~* ^/Case$ { return 301 https://case.example/; }
    }`);
    assertAnswers(
      rules,
      `/docs     301 https://docs.example/
       /docs/x   301 https://docs.example/
       /docsx    404
       /n/word   301 https://n.example/`,
    );
    assert.deepEqual(rules.differing, [
      '3: \\d+ takes any text up to the next slash',
      '5: letters are taken as they are written, not in either case',
      '2: it takes /docs and what is below /docs/, not longer names that begin so',
      '4: nginx does not redirect this location; here line 2, /docs/, takes it',
    ]);
  });

  it('end what can be read', () => {
    assert.deepEqual(importNginx('server {\n  return 301 https://a.example/;\n').left, [
      '1: it has a "{" that is not closed: nothing is carried over',
    ]);
    assert.deepEqual(importNginx('return 301 https://a.example/').left, [
      '1: it does not end with ";": nothing is carried over',
    ]);
    assert.deepEqual(importNginx('}').left, [
      '1: it has a "}" where none is expected: nothing is carried over',
    ]);
  });
});
