/** A named pipe with a reading end that reads only when it is told to. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './guarded.ts';

export interface NamedPipe {
  readonly path: string;
  /** Reads what is in it now, without waiting. */
  read(): string;
  close(): void;
}

/** Makes a pipe that can be opened for writing at once. */
export function namedPipe(): NamedPipe {
  const path = join(temporaryDirectory('pipe'), 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const chunk = Buffer.alloc(64 * 1024);
  return {
    path,
    read() {
      const parts: Buffer[] = [];
      for (;;) {
        let bytes: number;
        try {
          bytes = readSync(reader, chunk);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
          bytes = 0; // a writer has it, and nothing is in it
        }
        if (bytes === 0) return Buffer.concat(parts).toString('utf8');
        parts.push(Buffer.from(chunk.subarray(0, bytes)));
      }
    },
    close: () => closeSync(reader),
  };
}
