/** The status page: files that are read once and served from memory. They hold no figure and no secret. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import type { Express } from 'express';

const require = createRequire(import.meta.url);
const own = (name: string): URL => new URL(`./page/${name}`, import.meta.url);

/** By the path at which each is served. */
const files: Readonly<Record<string, URL | string>> = {
  '/': own('index.html'),
  ...Object.fromEntries(
    [
      'charts.js',
      'connection.js',
      'figures.js',
      'flow.js',
      'format.js',
      'icon.svg',
      'main.js',
      'page.css',
      'pictures.css',
      'show.js',
      'theme.css',
    ].map((name) => [`/page/${name}`, own(name)]),
  ),
  '/page/uplot.js': require.resolve('uplot/dist/uPlot.esm.js'),
  '/page/uplot.css': require.resolve('uplot/dist/uPlot.min.css'),
};

/** Nothing but these files and the API is loaded, and no text can become a script. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Has `app` serve them. */
export function servePage(app: Express): void {
  for (const [path, file] of Object.entries(files)) {
    const content = readFileSync(file);
    app.get(path, (_request, response) => {
      response
        .set('Content-Security-Policy', POLICY)
        .type(extname(path) || 'html')
        .send(content);
    });
  }
}
