/** What the peers written for Node have in common. */
import type { Server } from 'node:http';
import process from 'node:process';

/** Listens on the port that is the program's first argument, says so, and ends on SIGTERM after `atEnd`. */
export function serve(server: Server, atEnd: () => Promise<void> = async () => {}): void {
  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('listening\n'));
  process.once('SIGTERM', async () => {
    server.close();
    server.closeAllConnections();
    await atEnd();
    process.exit(0);
  });
}
