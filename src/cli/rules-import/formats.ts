/** The formats that can be imported, and how a file is recognised. */
import { basename } from 'node:path';
import { importCsv } from './csv.ts';
import { importHtaccess } from './htaccess.ts';
import type { Importer } from './imported.ts';
import { importNginx } from './nginx.ts';
import { importRedirectsFile } from './redirects-file.ts';

export type Format = 'nginx' | 'htaccess' | 'redirects' | 'csv';

interface FormatSpec {
  readonly read: Importer;
  /** Of a file. */
  readonly name: RegExp;
  /** Of a line that no other format has. */
  readonly sign: RegExp;
}

/** In the order in which signs are looked for. */
export const formats: Readonly<Record<Format, FormatSpec>> = {
  htaccess: {
    read: importHtaccess,
    name: /^\.?htaccess$|^(httpd|apache2?)\.conf$/,
    sign: /^\s*(Redirect(Match|Permanent|Temp)?|Rewrite(Engine|Rule|Cond))\s/im,
  },
  nginx: {
    read: importNginx,
    name: /^nginx\.conf$|\.nginx$/,
    sign: /^\s*(server|location|map|http|if)\b[^;]*\{|^\s*(return|rewrite)\s.*;/m,
  },
  redirects: {
    read: importRedirectsFile,
    name: /^_redirects$/,
    sign: /^(\/|https?:)\S*\s+(\S+=\S+\s+)*(\/|https?:)\S/m,
  },
  csv: { read: importCsv, name: /\.(csv|tsv)$/, sign: /[,;\t]/ },
};

/** The format of a file; undefined where it is none that is known. */
export function formatOf(path: string, text: string): Format | undefined {
  const all = Object.entries(formats) as [Format, FormatSpec][];
  const file = basename(path).toLowerCase();
  const found = all.find(([, { name }]) => name.test(file)) ?? all.find(([, { sign }]) => sign.test(text));
  return found?.[0];
}
