/**
 * Gets a real Apache Kafka into the cache, once: its jars from Maven, then what makes each later start fast.
 *
 * Measured with 2 cores: a start takes 2.6 s + 0.7 s of formatting without, and 1.4 s with an archive of loaded classes and
 * the formatted folder kept as a template. (-XX:TieredStopAtLevel=1 would start in 1.8 s, but it slows the running broker.)
 */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './cache.ts';
import { freePort } from './free-port.ts';
import { runGuarded, spawnGuarded, temporaryDirectory } from './guarded.ts';
import { brokerProperties, propertiesText } from './kafka-properties.ts';
import { withProgress } from './progress.ts';
import { waitFor } from './wait-for.ts';

export const KAFKA_VERSION = '4.4.0';

/** Any 16 bytes in base64: all clusters of these tests share it, so that the formatted folder can be a template. */
const CLUSTER_ID = 'UmVkaXJlY3RvclRlc3RzQQ';

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>redirector.test</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

export interface ProvisionedKafka {
  /** Arguments for `java` that come before the properties file: they run a broker. */
  javaArguments: string[];
  /** Arguments for `java` that name Kafka's classes. */
  classPath: string[];
  /** A formatted data folder of node 1, to be copied. */
  template: string;
}

/**
 * Makes Kafka ready to start: downloads it the first time (about 10 s, 43 MB), and starts it once for this version of Java.
 * Throws when there is no java or mvn, or no network the first time, with the end of that command's output.
 */
export async function provisionKafka(): Promise<ProvisionedKafka> {
  const java = await javaVersion();
  const jars = await cached(`kafka-${KAFKA_VERSION}`, (directory) =>
    withProgress(`downloading Apache Kafka ${KAFKA_VERSION} with Maven (once)`, async () => {
      writeFileSync(join(directory, 'pom.xml'), POM);
      await runGuarded(
        'mvn',
        ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${join(directory, 'libs')}`],
        { cwd: directory, log: join(directory, 'mvn.log') },
      );
    }),
  );
  const classPath = ['-cp', join(jars, 'libs', '*')];
  const prepared = await cached(`kafka-${KAFKA_VERSION}-java-${java}`, (directory) =>
    withProgress(`preparing fast starts of Apache Kafka ${KAFKA_VERSION} (once)`, () =>
      prepare(directory, classPath),
    ),
  );
  return {
    javaArguments: [
      '-Xmx512m',
      // An archive that does not fit this Java is passed over with a warning, not an error.
      `-XX:SharedArchiveFile=${join(prepared, 'classes.jsa')}`,
      // The default prints every property of the broker, a few hundred lines, at the end of the log.
      '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
      ...classPath,
      'kafka.Kafka',
    ],
    classPath,
    template: join(prepared, 'template'),
  };
}

async function javaVersion(): Promise<string> {
  const { stderr } = await promisify(execFile)('java', ['-version']).catch((error: Error) => {
    throw new Error(`Kafka needs Java 17 or newer on the PATH: ${error.message}`);
  });
  const version = /version "([^"]+)"/.exec(stderr)?.[1];
  if (version === undefined) throw new Error(`"java -version" told no version: ${stderr}`);
  return version;
}

/** Formats a data folder, keeps a copy, and starts and stops one broker on it so that Java writes down the classes it loaded. */
async function prepare(directory: string, classPath: string[]): Promise<void> {
  const log = join(directory, 'prepare.log');
  const data = temporaryDirectory('kafka-prepare');
  const port = await freePort();
  const nodes = [{ id: 1, port, controllerPort: await freePort() }];
  const template = join(directory, 'template');
  mkdirSync(template);
  for (const folder of [template, data]) {
    const properties = join(data, 'server.properties');
    writeFileSync(properties, propertiesText(brokerProperties(nodes[0]!, nodes, folder)));
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', properties];
    await runGuarded('java', [...classPath, ...format], { log });
  }
  const broker = spawnGuarded(
    'java',
    [
      '-Xmx512m',
      `-XX:ArchiveClassesAtExit=${join(directory, 'classes.jsa')}`,
      ...classPath,
      'kafka.Kafka',
      join(data, 'server.properties'),
    ],
    { log },
  );
  const started = () => broker.exit !== undefined || broker.logTail().includes('Kafka Server started');
  await waitFor('Kafka to start for the first time', started, { timeoutMs: 60_000 });
  broker.kill('SIGTERM');
  await broker.exited();
  if (!broker.logTail(100_000).includes('Kafka Server started')) {
    throw new Error(`Kafka could not be started for the first time:\n${broker.logTail()}`);
  }
}
