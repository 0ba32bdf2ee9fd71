/** SASL OAUTHBEARER (RFC 7628) for kafkajs, whose own takes the broker's refusal of a token for a welcome. */
import type { Mechanism } from 'kafkajs';
import type { Token, TokenCache } from './oauth-token.ts';

const SEPARATOR = '\x01';
const SIZE_BYTES = 4;

/** For kafkajs's `sasl`, with the tokens of `tokens`. */
export const oauthBearer = (tokens: TokenCache): Mechanism => ({
  mechanism: 'oauthbearer',
  authenticationProvider: ({ saslAuthenticate }) => ({
    async authenticate() {
      const first = firstMessage(await tokens.get());
      const challenge = await saslAuthenticate({
        request: { encode: () => sized(first) },
        response: {
          decode: (answer) => answer.subarray(SIZE_BYTES),
          parse: (answer) => answer.toString(),
        },
      });
      if (challenge === '') return;
      // The refusal, which the broker makes an error only after an answer without content (RFC 7628, 3.2.3).
      await saslAuthenticate({ request: { encode: () => sized(SEPARATOR) } });
      throw new Error(`the token was refused: ${challenge}`);
    },
  }),
});

function firstMessage({ value, extensions = {} }: Token): string {
  const pairs = { auth: `Bearer ${value}`, ...extensions };
  const parts = Object.entries(pairs).map(([name, content]) => `${name}=${content}${SEPARATOR}`);
  return `n,,${SEPARATOR}${parts.join('')}${SEPARATOR}`;
}

/** As kafkajs wants the bytes of a SASL message: with their number before them. */
function sized(text: string): Buffer {
  const bytes = Buffer.alloc(SIZE_BYTES + Buffer.byteLength(text));
  bytes.writeInt32BE(bytes.length - SIZE_BYTES);
  bytes.write(text, SIZE_BYTES);
  return bytes;
}
