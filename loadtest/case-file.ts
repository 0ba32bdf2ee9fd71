/** Cases: load tests in files, with the server's options, the faults and the thresholds that belong to them. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { reasonOf, userError } from '../src/errors.ts';
import * as t from '../src/option-types.ts';
import { type OptionKey, optionKeys, optionOf } from '../src/options.ts';
import { suggestion } from '../src/suggestion.ts';
import { ofType, problemIn } from './document-problem.ts';
import { requestKindSchema } from './request-kinds.ts';
import { runSeconds } from './settings.ts';

/** Of the format of case files. */
const VERSION = 1;

const broker = z.literal([1, 2, 3]).default(1);
const at = ofType(runSeconds);

const brokerFaults = ['stop-broker', 'kill-broker', 'freeze-broker', 'thaw-broker', 'start-broker'] as const;
const faultSchema = z.discriminatedUnion(
  'do',
  [
    z.strictObject({ at, do: z.enum(brokerFaults), broker }),
    /** By 0ms: no more. */
    z.strictObject({ at, do: z.literal('delay-acks'), by: ofType(t.duration) }),
  ],
  { error: `one of ${[...brokerFaults, 'delay-acks'].join(', ')}` },
);

const serverOptions = z.record(z.string(), z.unknown()).superRefine((options, context) => {
  for (const [key, value] of Object.entries(options)) {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    if (!(optionKeys as string[]).includes(key)) {
      refuse(`an option${suggestion(key, optionKeys).replace(' Did', ', did')}`);
    } else {
      const { type } = optionOf(key as OptionKey);
      if (type.parse(value) === undefined) refuse(type.expects);
    }
  }
});

const phaseSchema = z.strictObject({ rps: ofType(t.integer(1, 200_000)), duration: ofType(runSeconds) });

const caseSchema = z.strictObject({
  version: z.literal(VERSION),
  description: z.string().min(1, 'a sentence'),
  /** How many brokers are started for it; 0: its records go where the configuration says. */
  kafka: z.literal([0, 1, 3]),
  /** A collector on this machine that takes what the server exports. */
  collector: z.boolean().default(false),
  /** Options of the server, by their keys in a configuration file. */
  server: serverOptions.default({}),
  load: z.strictObject({
    phases: z.array(phaseSchema).min(1, 'a list of at least one phase'),
    warmup: ofType(runSeconds).optional(),
    connections: ofType(t.integer(1, 10_000)).default(64),
    arrivals: z.enum(['even', 'poisson']).default('even'),
    seed: z.int().default(1),
    trace: z.boolean().default(false),
    requests: z.array(requestKindSchema).min(1, 'a list of at least one request').optional(),
  }),
  faults: z.array(faultSchema).default([]),
  thresholds: z.strictObject({
    maxP99: ofType(t.duration),
    maxDrop: ofType(t.ratio).default(0),
    minRps: z.number().positive('a number above 0').optional(),
  }),
});

export type CaseFault = z.infer<typeof faultSchema>;
export type LoadCase = z.infer<typeof caseSchema> & { readonly name: string };

const folder = fileURLToPath(new URL('./cases/', import.meta.url));

/** The names of the cases that come with Redirector. */
export const caseNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();

/**
 * Reads a case by its name, or from a file of its own.
 * @throws RedirectorError CASE_INVALID with the field, its value and what is allowed.
 */
export function readCase(nameOrFile: string): LoadCase {
  const isFile = /[/\\]|\.ya?ml$/.test(nameOrFile);
  const refuse = (reason: string): never => {
    throw userError('CASE_INVALID', { path: nameOrFile, reason });
  };
  const names = caseNames();
  if (!isFile && !names.includes(nameOrFile)) {
    refuse(`there is none of that name.${suggestion(nameOrFile, names)} There are ${names.join(', ')}`);
  }
  const path = isFile ? nameOrFile : `${folder}${nameOrFile}.yaml`;
  let document: unknown;
  try {
    document = parseYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = reasonOf(error).replace(/:$/, '');
    return refuse(error instanceof YAMLParseError ? `it is not valid YAML: ${reason}` : reason);
  }
  const result = caseSchema.safeParse(document);
  if (!result.success) return refuse(problemIn(document, result.error));
  const parsed = { ...result.data, name: basename(nameOrFile).replace(/\.ya?ml$/, '') };
  const problem = contradiction(parsed);
  return problem === undefined ? parsed : refuse(problem);
}

/** What does not go together. */
function contradiction({ kafka, faults, load }: LoadCase): string | undefined {
  const seconds = load.phases.reduce((sum, { duration }) => sum + duration, 0);
  for (const [index, fault] of faults.entries()) {
    const field = `faults.${index}`;
    if (fault.at >= seconds) return `${field}.at: ${fault.at} s is not within the ${seconds} s of the phases`;
    if (kafka === 0) return `${field} needs a Kafka that the load test starts: kafka is 0`;
    if (fault.do === 'delay-acks' && kafka !== 1)
      return `${field}.do: delay-acks is for one broker: kafka is ${kafka}`;
    if ('broker' in fault && fault.broker > kafka) {
      return `${field}.broker: ${fault.broker} is not one of the ${kafka} of kafka`;
    }
  }
  return undefined;
}
