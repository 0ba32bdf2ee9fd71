/** Checks whether the server could listen where it is to, and whether one does already. */
import type { Config } from '../../config.ts';
import { RedirectorError } from '../../errors.ts';
import { hostAndPort } from '../../hosts.ts';
import { type Address, addressesOf, checkPort } from '../../server/port-check.ts';
import { adminUrlOf } from '../admin-client.ts';
import { type Check, type Finding, failedBy, ok, warning } from './finding.ts';

const ASK_MS = 1000;

/** Whether a Redirector answers at the address of the admin API. */
export async function serverRuns(config: Config): Promise<boolean> {
  try {
    const response = await fetch(new URL('/api/v1/stats', adminUrlOf(config)), {
      signal: AbortSignal.timeout(ASK_MS),
    });
    const challenge = response.headers.get('www-authenticate') ?? '';
    return challenge.includes('realm="redirector"') || 'ledger' in ((await response.json()) as object);
  } catch {
    return false; // nobody, or somebody else
  }
}

async function examine(address: Address, runs: boolean): Promise<Finding> {
  const { what, host, port } = address;
  try {
    await checkPort(address);
    return ok(`${what} can listen on ${hostAndPort(host, port)}.`);
  } catch (error) {
    const inUse = error instanceof RedirectorError && error.code === 'PORT_IN_USE';
    if (!inUse || !runs) return failedBy(error);
    const found = `${hostAndPort(host, port)} is in use, and a Redirector runs here already.`;
    return warning(found, 'Nothing is to be done if it is the one that you mean.');
  }
}

export const ports: Check = {
  name: 'ports',
  async run({ config }) {
    const runs = await serverRuns(config);
    const addresses = Object.values(addressesOf(config)).filter((address) => address !== undefined);
    return Promise.all(addresses.map((address) => examine(address, runs)));
  },
};
