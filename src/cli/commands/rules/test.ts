/** `redirector rules test`. */
import { exitCode, userError } from '../../../errors.ts';
import { listOf } from '../../../option-type.ts';
import { header, httpMethod, ipAddress, moment, nonEmptyText, pathOrUrl } from '../../../option-types.ts';
import type { Trial, TrialRequest } from '../../../server/redirect/rule-trial.ts';
import { defineCommand, optionalArgument, ownOption } from '../../command.ts';
import { printJson, printLine } from '../../output.ts';
import { fileArgument, readText, rulesOptions, shownName } from '../../rules-file.ts';
import type { Expectation } from '../../rules-test/expectations.ts';

type Try = (request: TrialRequest) => Trial;

export const command = defineCommand({
  details:
    'Requests are as a browser sends them; a path alone has no host. With --expect it reads requests from a file, a list of items with url, and what is expected of each: status, location (null: none; of several targets any), rule (its name, or null). An item may have its own method, headers, address and at. It exits 1 when something is not as expected, and 0 otherwise. {click_id} stands for an id of which each click has another.',
  examples: [
    [
      'redirector rules test rules.yaml https://go.example.com/sale /docs',
      'What these two would get, and why',
    ],
    ['redirector rules test rules.yaml /app --header "User-Agent: iPhone"', 'What a phone would get'],
    ['redirector rules test rules.yaml /sale --at 2026-12-24T18:00:00Z', 'What it will be at Christmas'],
    ['redirector rules test rules.yaml --expect expected.yaml', 'For CI: exits 1 where something differs'],
  ],
  takes: [...rulesOptions, 'limit.urlBytes'],
  json: true,
  own: {
    method: ownOption({
      type: httpMethod,
      default: 'GET',
      help: 'Method of the requests.',
      accepts: ['POST'],
      refuses: ['get'],
    }),
    header: ownOption({
      type: listOf(header),
      help: 'A header of the requests; may be given several times.',
      accepts: ['Accept-Language: de', 'Host:go.example.com'],
      refuses: ['Accept-Language', ': de'],
    }),
    address: ownOption({
      type: ipAddress,
      default: '127.0.0.1',
      help: "The client's address.",
      accepts: ['10.1.2.3', '::1'],
      refuses: ['localhost', '10.1.2.3:80'],
    }),
    at: ownOption({
      type: moment,
      defaultText: 'now',
      help: 'The time of the requests.',
      accepts: ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00+01:00'],
      refuses: ['tomorrow', '2026-12-24', '2026-02-30T00:00:00Z'],
    }),
    expect: ownOption({
      type: nonEmptyText,
      help: 'A file of requests, and what they are expected to get.',
      accepts: ['expected.yaml'],
      refuses: [''],
    }),
  },
  args: {
    file: fileArgument,
    url: optionalArgument({
      type: listOf(pathOrUrl),
      help: 'What is asked for: paths, or http(s) URLs.',
      accepts: ['/docs', 'https://go.example.com/sale?utm_source=mail'],
      refuses: ['docs', 'ftp://example.com/'],
    }),
  },
  async run({ args: { file, url: urls = [] }, own, json, loadConfig }) {
    if ((urls.length === 0) === (own.expect === undefined)) {
      throw userError('USAGE', { reason: 'Give URLs to try, or --expect FILE.' });
    }
    const { keysOf, parseRules } = await import('../../../server/redirect/rules.ts');
    const { trialOf } = await import('../../../server/redirect/rule-trial.ts');
    const { config } = loadConfig();
    const text = await readText(file);
    const { set } = parseRules(text, config, shownName(file), keysOf(config));
    const request = {
      method: own.method,
      headers: Object.fromEntries(own.header ?? []),
      address: own.address,
      now: own.at ?? Date.now(),
    };
    const tryOut = trialOf(set, config);
    if (own.expect !== undefined) {
      const { readExpectations } = await import('../../rules-test/expectations.ts');
      return compare(own.expect, readExpectations(own.expect, request), tryOut, json);
    }
    const { lineFinder } = await import('../../../server/redirect/rule-file.ts');
    const { nearMisses } = await import('../../rules-test/near-misses.ts');
    const { printTrial, trialDocument } = await import('../../rules-test/show.ts');
    const lines = lineFinder(text);
    const lineOf = (rule: (typeof set.rules)[number]) => lines(['rules', set.rules.indexOf(rule)]);
    const documents: object[] = [];
    for (const url of urls) {
      const asked = { ...request, url };
      const trial = tryOut(asked);
      const isFar = trial.rule === undefined && trial.passedOver.length === 0 && trial.by !== 'length';
      const nearly = isFar ? nearMisses(set.rules, trial.path) : [];
      if (json) documents.push(trialDocument(asked, trial, lineOf, nearly));
      else printTrial(asked, trial, lineOf, nearly);
    }
    if (json) printJson(documents);
    return exitCode.ok;
  },
});

async function compare(
  file: string,
  expectations: readonly Expectation[],
  tryOut: Try,
  json: boolean,
): Promise<number> {
  const { differences } = await import('../../rules-test/expectations.ts');
  const results = expectations.map(({ line, request, expected }) => ({
    line: line ?? null,
    url: request.url,
    differences: differences(expected, tryOut(request)),
  }));
  const wrong = results.filter((result) => result.differences.length > 0);
  const isRight = wrong.length === 0;
  if (json) {
    printJson({ ok: isRight, expectations: results });
  } else {
    for (const { line, url, differences: found } of wrong)
      printLine(`${file}:${line}: ${url}: ${found.join('; ')}`);
    printLine(`${results.length - wrong.length} of ${results.length} as expected`);
  }
  return isRight ? exitCode.ok : exitCode.checkFailed;
}
