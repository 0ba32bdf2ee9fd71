/** Addresses and networks in CIDR notation (RFC 4632, RFC 4291). */
import { BlockList, isIP, isIPv6 } from 'node:net';

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Whether a text is an address, or one with the length of a prefix. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32));
}

/** Addresses that belong to some networks. */
export class Networks {
  readonly #list = new BlockList();

  /** @param networks each as isNetwork takes it */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address, bits] = network.split('/') as [string, string?];
      if (bits === undefined) this.#list.addAddress(address, familyOf(address));
      else this.#list.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /** @param address without a port or brackets; what is no address is in no network */
  has(address: string): boolean {
    return isIP(address) !== 0 && this.#list.check(address, familyOf(address));
  }
}
