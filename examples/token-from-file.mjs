// A token provider for SASL OAUTHBEARER that reads the token from a file, as Kubernetes and others put one there and renew it:
//   redirector serve --sasl-mechanism oauthbearer --sasl-oauth-provider ./token-from-file.mjs ...
// What such a module has to give is said in docs/kafka-security.md.
import { readFile } from 'node:fs/promises';

const path = process.env.KAFKA_TOKEN_FILE ?? '/var/run/secrets/tokens/kafka';

export default async function token({ signal }) {
  // Without expiresAt the end of a JWT is read from the token itself.
  return { value: (await readFile(path, { encoding: 'utf8', signal })).trim() };
}
