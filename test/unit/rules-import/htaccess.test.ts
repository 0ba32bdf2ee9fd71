// What requests get here was seen to be what Apache 2.4 answers to them, but where a test says that it differs.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertAnswers, importText } from './imported-rules.ts';

const importHtaccess = (text: string, base?: string) => importText('htaccess', text, base);

describe('redirects of Apache', () => {
  it('take a path and all below it, and the parameters unless the target has its own', () => {
    const rules = importHtaccess(`
      # moved in 2019
      Redirect 301 /a.html https://new.example/a
      Redirect /service http://foo.example/service
      redirect permanent /old/ https://new.example/new/
      Redirect 301 /q https://new.example/q?own=1
      RedirectPermanent "/with space" https://p.example/x
      RedirectTemp /temp \\
        https://p.example/t
      Redirect gone /dead
      Redirect 403 /secret`);
    assert.deepEqual([...rules.left, ...rules.differing], []);
    assertAnswers(
      rules,
      `/a.html           301 https://new.example/a
       /a.html/x?y=1     301 https://new.example/a/x?y=1
       /a.htmlx          404
       /service          302 http://foo.example/service
       /service/a/b?c    302 http://foo.example/service/a/b?c
       /old/x            301 https://new.example/new/x
       /old              404
       /q?z=1            301 https://new.example/q?own=1
       /with%20space     301 https://p.example/x
       /temp/y?z=1       302 https://p.example/t/y?z=1
       /dead/x           410
       /secret           403`,
    );
  });

  it('by RedirectMatch fill in what the expression captures', () => {
    const rules = importHtaccess(`
      RedirectMatch 301 ^/blog/(.*)$ https://blog.example/$1
      RedirectMatch ^/(en|fr)/about$ https://about.example/$1
      RedirectMatch 301 ^/(.*)$ https://rest.example/$1`);
    assert.deepEqual([...rules.left, ...rules.differing.slice(2)], []);
    assertAnswers(
      rules,
      `/blog/a/b?c=d   301 https://blog.example/a/b?c=d
       /blog           301 https://rest.example/blog
       /en/about       302 https://about.example/en
       /de/about       301 https://rest.example/de/about`,
    );
  });

  it('by RewriteRule come first, with their conditions on host and parameters', () => {
    const rules = importHtaccess(
      `
      Redirect 301 / https://last.example/
      RewriteEngine On
      RewriteCond %{HTTP_HOST} ^(www\\.)?old\\.example$ [NC]
      RewriteRule ^(.*)$ https://new.example/$1 [R=301,L]
      RewriteRule ^news/([^/]+)/?$ /articles/$1 [R=301,L]
      RewriteRule ^index\\.(html|php)$ / [R=permanent,L]
      RewriteRule ^cat/([^/]+)$ https://c.example/?c=$1 [R,L]
      RewriteRule ^cat2/([^/]+)$ https://c.example/?c=$1 [R=302,L,QSA]
      RewriteCond %{QUERY_STRING} ^id=7$
      RewriteRule ^item\\.php$ https://i.example/seven? [R=301,L]
      RewriteRule ^bye$ - [G]`,
      'http://x.example',
    );
    assert.deepEqual(rules.left, []);
    assertAnswers(
      rules,
      `http://www.old.example/a?b=c   301 https://new.example/a?b=c
       /news/a/?b=c                   301 http://x.example/articles/a?b=c
       /index.php                     301 http://x.example/
       /cat/a?b=1                     302 https://c.example/?c=a
       /cat2/a?b=1                    302 https://c.example/?c=a&b=1
       /item.php?id=7                 301 https://i.example/seven
       /item.php?id=8                 301 https://last.example/item.php?id=8
       /bye                           410
       /other                         301 https://last.example/other`,
    );
  });

  it('for several hosts are left to those that no rule before has', () => {
    const host = (names: string): string => `RewriteCond %{HTTP_HOST} ^(${names})$`;
    const rules = importHtaccess(`
      ${host('a|b')}
      RewriteRule ^x$ https://first.example/ [R]
      ${host('b|c')}
      RewriteRule ^x$ https://second.example/ [R]
      ${host('a|c')}
      RewriteRule ^x$ https://third.example/ [R]
      RewriteRule ^x$ https://rest.example/ [R]`);
    assertAnswers(
      rules,
      `http://a/x   302 https://first.example/
       http://b/x   302 https://first.example/
       http://c/x   302 https://second.example/
       http://d/x   302 https://rest.example/`,
    );
    assert.deepEqual(rules.differing, ['7: it is never reached, as line 3 takes all of /x: left out']);
  });

  it('that come after one for the same paths are left out, and named', () => {
    const rules = importHtaccess('Redirect /a https://first.example/\nRedirect /a/b https://second.example/');
    assertAnswers(rules, '/a/b 302 https://first.example//b');
    assert.deepEqual(rules.differing[0], '2: it is never reached, as line 1 takes all of /a/b: left out');
  });
});

describe('of Apache, lines are named that', () => {
  it('cannot be carried over', () => {
    const { left } = importHtaccess(`RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule . /index.php [L]
RewriteCond %{HTTPS} off
RewriteRule ^(.*)$ https://a.example/$1 [R=301,L]
RewriteRule ^a$ https://%{HTTP_HOST}/b [R=301]
Redirect permanent / https://other.example
RedirectMatch gone \\.bak$
Redirect 301 relative https://a.example/
Redirect 500 /a
RedirectMatch ^/( https://a.example/
RewriteRule !^a$ https://b.example/ [R]`);
    assert.deepEqual(left, [
      '2: it rewrites within Apache, which is no redirect',
      '4: its condition on %{HTTPS} off is none that rules have',
      '5: what %{HTTP_HOST} stands for is not known here',
      '11: it takes what its expression does not match',
      '6: its target has no slash after the host: what is filled in would become a part of that',
      '7: it does not begin with ^, so that it may match in the middle of a path',
      '8: its path does not begin with a slash',
      '9: it has no target',
      '10: its regular expression cannot be read',
    ]);
  });
});
