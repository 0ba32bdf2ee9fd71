/** The spooler thread: the only one that writes the spool. What it does is in spooling.ts. */
import type { ThreadData } from './messages.ts';
import { SpoolFile } from './sink/spool-file.ts';
import { spool } from './spooling.ts';
import { sinkThread, starting, threadData } from './thread.ts';

const data = threadData<ThreadData>();
const { config, boot } = data;

void starting(async () =>
  spool(sinkThread(data, 'spooler'), config, new SpoolFile(config['spool.path'], boot)),
);
