/** An OAuth 2.0 server for tests: a token endpoint, and the keys by which Kafka's own validator judges the tokens. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TokenServer {
  readonly tokenEndpoint: string;
  readonly keys: string;
  readonly issuer: string;
  /** How it answers: with a token, with a refusal of the client, with a 503, or never. */
  mode: 'tokens' | 'refuses' | 'fails' | 'hangs';
  /** Of the tokens that it gives, in seconds. */
  lifeSeconds: number;
  /** What it was asked for tokens, in turn: the header Authorization and the body. */
  readonly asked: { readonly authorization: string; readonly body: string }[];
  /** A signed JWT. @param seconds until it ends; negative for one that has */
  token(subject: string, seconds: number): string;
  close(): void;
}

const AUDIENCE = 'kafka';

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Starts one on a free port of 127.0.0.1. The subject of its tokens is the client's id. */
export async function startTokenServer(): Promise<TokenServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'test', use: 'sig', alg: 'RS256' };
  const http = createServer((request, response) => {
    if (request.url === '/keys') return json(response, 200, { keys: [jwk] });
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { authorization = '' } = request.headers;
      server.asked.push({ authorization, body });
      const [client = ''] = Buffer.from(authorization.split(' ')[1] ?? '', 'base64')
        .toString()
        .split(':');
      if (server.mode === 'refuses')
        json(response, 401, { error: 'invalid_client', error_description: body });
      else if (server.mode === 'fails') json(response, 503, {});
      else if (server.mode === 'tokens') {
        const token = server.token(decodeURIComponent(client), server.lifeSeconds);
        json(response, 200, { access_token: token, expires_in: server.lifeSeconds, token_type: 'Bearer' });
      }
    });
  });
  const listening = Promise.withResolvers<void>();
  http.once('error', listening.reject).listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const server: TokenServer = {
    tokenEndpoint: `${issuer}/token`,
    keys: `${issuer}/keys`,
    issuer,
    mode: 'tokens',
    lifeSeconds: 300,
    asked: [],
    token(subject, seconds) {
      const now = Math.ceil(Date.now() / 1000);
      const claims = { iss: issuer, aud: AUDIENCE, sub: subject, iat: now - 600, exp: now + seconds };
      const signed = `${base64({ alg: 'RS256', typ: 'JWT', kid: 'test' })}.${base64(claims)}`;
      return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
    },
    close() {
      http.close();
      http.closeAllConnections();
    },
  };
  return server;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** The properties and the java options with which a listener of Kafka takes the tokens of `server`, by its own validator. */
export function oauthBroker(server: TokenServer): {
  properties: Record<string, string>;
  javaOptions: string[];
} {
  const package_ = 'org.apache.kafka.common.security.oauthbearer';
  return {
    properties: {
      'sasl.enabled.mechanisms': 'OAUTHBEARER',
      'oauthbearer.sasl.jaas.config': `${package_}.OAuthBearerLoginModule required ;`,
      'oauthbearer.sasl.server.callback.handler.class': `${package_}.OAuthBearerValidatorCallbackHandler`,
      'sasl.oauthbearer.jwks.endpoint.url': server.keys,
      'sasl.oauthbearer.expected.issuer': server.issuer,
      'sasl.oauthbearer.expected.audience': AUDIENCE,
      'sasl.oauthbearer.clock.skew.seconds': '0',
    },
    javaOptions: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${server.keys}`],
  };
}
