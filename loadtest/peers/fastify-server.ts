// Fastify and kafkajs, as a program: `node fastify-server.ts PORT BROKERS TOPIC`.
import { fastify } from 'fastify';
import * as kafkajs from 'kafkajs';
import { startKafkaJsLog } from './kafkajs-log.ts';
import { serve } from './serve.ts';

const { log, close } = await startKafkaJsLog(kafkajs);
const app = fastify();
app.get('/*', (request, reply) => {
  reply.redirect('http://google.com/', 301);
  log(request.raw);
});
await app.ready();
serve(app.server, close);
