/** Headers of the PROXY protocol, version 2, as bytes in text (latin1). */

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';

export interface HeaderV2 {
  /** Version and command, as one byte; 0x21 is PROXY. */
  readonly command?: number;
  /** Family and transport, as one byte; 0x11 is TCP over IPv4. */
  readonly protocol?: number;
  /** What follows the fixed part: addresses and additions. */
  readonly rest?: Buffer;
  /** Of the rest, where it says another than it has. */
  readonly length?: number;
}

export function headerV2({
  command = 0x21,
  protocol = 0x11,
  rest = Buffer.alloc(0),
  length = rest.length,
}: HeaderV2): string {
  const fixed = Buffer.from([command, protocol, length >> 8, length & 255]);
  return SIGNATURE + Buffer.concat([fixed, rest]).toString('latin1');
}

/** The addresses of TCP over IPv4: from 198.51.100.7:1234 to 192.0.2.1:80. */
export const IPV4_BLOCK = Buffer.from([198, 51, 100, 7, 192, 0, 2, 1, 0x04, 0xd2, 0, 80]);
