// Baseline (a): bare Fastify that parses a JSON body and answers. Nothing is checked, nothing is stored.
import Fastify from 'fastify';

const app = Fastify({ bodyLimit: 4_194_304 });
const schema = {
  response: { 200: { type: 'object', properties: { code: { type: 'integer' }, msg: { type: 'string' } } } },
};
app.post('/webhook', { schema }, () => ({ code: 200, msg: 'success' }));
await app.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ port: app.server.address().port }));
process.on('SIGTERM', () => process.exit(0));
