/** docs/dependencies.md: every library that the package needs, why, and how large it is. */
import { readFileSync } from 'node:fs';
import { reasons } from './dependency-reasons.ts';

/** What scripts/measure-dependencies.ts measures. */
export interface DependencySizes {
  readonly date: string;
  readonly platform: string;
  readonly packages: number;
  readonly bytes: number;
  readonly direct: Record<
    string,
    {
      readonly version: string;
      readonly bytes: number;
      /** With everything that it needs, itself included. */
      readonly packages: number;
      readonly treeBytes: number;
    }
  >;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1);

/** @throws Error when a library has no reason, or was not measured in this version */
export function dependenciesPage(): string {
  const { dependencies, devDependencies, engines } = read('../../package.json') as {
    dependencies: Record<string, string>;
    devDependencies: { node: string };
    engines: { node: string };
  };
  const oldest = engines.node.replace('>=', '');
  const sizes = read('dependency-sizes.json') as DependencySizes;
  const needless = Object.keys(reasons).filter((name) => dependencies[name] === undefined);
  if (needless.length > 0)
    throw new Error(`scripts/docs/dependency-reasons.ts has ${needless.join(', ')}, package.json has not`);

  const rows = Object.entries(dependencies).map(([name, version]) => {
    const reason = reasons[name];
    const size = sizes.direct[name];
    if (reason === undefined)
      throw new Error(`say in scripts/docs/dependency-reasons.ts why ${name} is needed`);
    if (size?.version !== version) throw new Error(`run "npm run sizes": ${name} ${version} is not measured`);
    const { loadedBy, does, instead } = reason;
    const cells = [
      `\`${name}\` ${version}`,
      does,
      loadedBy,
      megabytes(size.bytes),
      `${size.packages}, ${megabytes(size.treeBytes)}`,
      instead,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return `# Dependencies

The package has ${rows.length} direct dependencies. With all that they need, an installation has ${sizes.packages} packages of
${megabytes(sizes.bytes)} MB (measured ${sizes.date} on ${sizes.platform}; sizes are those of the files). All versions are pinned.

\`redirector serve\` loads what it uses. Without an OTLP endpoint it loads nothing of OpenTelemetry, and without brokers nothing of
kafkajs. A test looks at what each thread has loaded.

Most of the tree is for OpenTelemetry: it has a package for each protocol and each kind of signal.

"Alone" is the package itself. "With its own" counts it with everything that it needs; what several need is counted in each.

| package | what it does | loaded by | alone, MB | with its own: packages, MB | what was considered instead |
|---|---|---|---|---|---|
${rows.join('\n')}

## Platforms

Node ${oldest} or later, on Linux x64 and arm64, with glibc and with musl. macOS is for development: several
listeners on one port need Linux. The one native part is \`@node-rs/crc32\`, which npm brings ready-made for these platforms.
Tests run on Linux x64 with glibc and Node ${devDependencies.node}; one of them runs the installed package on Node ${oldest}.0.

## Bill of materials and licences

The package has its bill of materials (CycloneDX) in \`dist/sbom.cdx.json\`. In a checkout:

\`\`\`sh
npm run sbom
npm run licences
\`\`\`

The second lists the licence of every package, for all platforms, and fails when one is not among those that are accepted.
`;
}
