/** The peers that are programs for Node in this folder. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Peer } from './peer.ts';
import { startPeerProcess } from './process.ts';
import { tracingEnvironment } from './tracing-environment.ts';

/** The fields that kafkajs-log.ts writes. */
const KAFKAJS_FIELDS = 10;

function nodePeer(program: string, about: Pick<Peer, 'name' | 'recordFields' | 'sampleRatio'>): Peer {
  return {
    ...about,
    build: async () => {},
    start: ({ port, brokers, topic, collector, core }) =>
      startPeerProcess({
        command: process.execPath,
        args: [fileURLToPath(new URL(program, import.meta.url)), `${port}`, brokers.join(','), topic],
        port,
        core,
        env: tracingEnvironment(about.sampleRatio, collector),
      }),
  };
}

/** Express 5 alone: 301 with a Location, no log. What any server on Express costs at least. */
export const expressBare = nodePeer('express-bare-server.ts', { name: 'express-bare', recordFields: 0 });

/** node:http alone, no log. */
export const nodeHttp = nodePeer('node-http-server.ts', { name: 'node-http', recordFields: 0 });

/** Fastify and kafkajs, one send for each request. */
export const fastify = nodePeer('fastify-server.ts', { name: 'fastify', recordFields: KAFKAJS_FIELDS });

/** Express and kafkajs as most would use them; with a ratio traced by OpenTelemetry's auto-instrumentations as they come. */
export const stock = (name: string, sampleRatio?: number): Peer =>
  nodePeer('stock-otel-server.ts', { name, recordFields: KAFKAJS_FIELDS, sampleRatio });
