/**
 * The image of the Dockerfile without a container: its steps done in a folder, and programs run in that as a container would
 * run them: with the image's environment and no other, in a tree that cannot be written to, and not as root.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandOf, copyContext, dockerfileStages, type Stage, type Step } from './dockerfile.ts';
import { type GuardedProcess, runGuarded, spawnGuarded, temporaryDirectory } from './guarded.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));

export interface Image {
  /** What is / in the container. */
  readonly root: string;
  /** The stages' base images. */
  readonly bases: readonly string[];
  /** Its user, as uid:gid. */
  readonly user: string;
  readonly command: readonly string[];
  readonly healthCheck: readonly string[];
  /** The last line that anything run in it has written. */
  lastLine(): string;
  /** A text in which paths of the container are those of this machine. */
  within(text: string): string;
  /** A folder that its user can write to: a volume. */
  volume(path: string): string;
  /** Runs `node` with the image's entry point and these words, or with others instead of that. */
  run(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    entrypoint?: readonly string[],
  ): GuardedProcess;
  /** Makes its tree, which cannot be written to, removable again. */
  release(): Promise<void>;
}

const isRoot = process.getuid?.() === 0;

/** What says how it is run, not how it is made. */
const READ_LATER = ['ARG', 'ENV', 'USER', 'EXPOSE', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'];

/** Does the Dockerfile's steps; those of npm take some seconds. */
export async function buildImage(): Promise<Image> {
  const directory = temporaryDirectory('image');
  chmodSync(directory, 0o755); // for a user who is not root
  const log = join(directory, 'log');
  const context = join(directory, 'context');
  copyContext(repository, context);
  const stages = dockerfileStages(join(repository, 'Dockerfile'));
  const rootOf = (stage: Stage) => join(directory, `root-${stages.indexOf(stage)}`);
  for (const stage of stages) {
    const root = rootOf(stage);
    let workdir = root;
    for (const { instruction, rest } of stage.steps) {
      if (instruction === 'WORKDIR') {
        workdir = join(root, rest);
        mkdirSync(workdir, { recursive: true });
      } else if (instruction === 'COPY') {
        copy(rest, workdir, (name) => (name === undefined ? context : rootOf(stageNamed(stages, name))));
      } else if (instruction === 'RUN') {
        await runStep(rest, root, workdir, log);
      } else if (!READ_LATER.includes(instruction)) {
        throw new Error(`an instruction of the Dockerfile that the tests do not know: ${instruction}`);
      }
    }
  }
  rmSync(context, { recursive: true });

  const last = stages.at(-1)!;
  const root = rootOf(last);
  // As in the base image, which has a Node that everyone may run.
  const node = join(directory, 'node');
  copyFileSync(process.execPath, node);
  const step = (name: string): Step => last.steps.find(({ instruction }) => instruction === name)!;
  const ENV: Record<string, string> = Object.fromEntries(
    last.steps.filter(({ instruction }) => instruction === 'ENV').map(({ rest }) => rest.split('=')),
  );
  const user = step('USER').rest;
  const within = (text: string): string =>
    text.replaceAll(/(?<![\w/])\/(etc|var\/lib)\/redirector\b/g, (path) => `${root}${path}`);
  const app = join(root, 'app');
  await runGuarded('chmod', ['-R', 'a-w', app], { log });
  return {
    root,
    bases: stages.map(({ from }) => from),
    user,
    command: commandOf(step('CMD')),
    healthCheck: commandOf(step('HEALTHCHECK')).slice(1),
    within,
    lastLine: () => readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)!,
    volume(path) {
      const folder = join(root, path);
      mkdirSync(folder, { recursive: true });
      if (isRoot) chownSync(folder, ...(user.split(':').map(Number) as [number, number]));
      return folder;
    },
    run(args, env, entrypoint = commandOf(step('ENTRYPOINT')).slice(1)) {
      const [uid, gid] = user.split(':');
      const as = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : ['env'];
      const all = { PATH: process.env.PATH ?? '', ...ENV, ...env };
      return spawnGuarded(as[0]!, [...as.slice(1), node, ...entrypoint, ...args.map(within)], {
        log,
        cwd: app,
        env: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, within(value)])),
      });
    },
    release: () => runGuarded('chmod', ['-R', 'u+w', app], { log }),
  };
}

function stageNamed(stages: readonly Stage[], name: string): Stage {
  const stage = stages.find((one) => one.name === name);
  if (stage === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  return stage;
}

function copy(rest: string, workdir: string, sourceOf: (stage: string | undefined) => string): void {
  const [, stage, words] = /^(?:--from=(\w+) )?(.+)$/.exec(rest)!;
  const [to, ...paths] = words!.split(' ').toReversed();
  for (const path of paths) {
    const from = join(sourceOf(stage), path);
    // The content of a folder is copied, not the folder.
    const into = to!.endsWith('/') && statSync(from).isFile() ? basename(path) : '';
    cpSync(from, join(workdir, to!, into), { recursive: true });
  }
}

async function runStep(rest: string, root: string, workdir: string, log: string): Promise<void> {
  const [program, ...args] = rest.split(' ');
  if (program === 'npm') {
    await runGuarded(program, [...args, '--prefer-offline'], { log, cwd: workdir });
  } else if (program === 'install' && args[0] === '-d') {
    mkdirSync(join(root, args.at(-1)!), { recursive: true });
  } else {
    throw new Error(`a step of the Dockerfile that the tests do not know: RUN ${rest}`);
  }
}
