// The load generator: a process of its own that sends prepared requests over raw sockets, because an HTTP client in
// JavaScript would cost more than the server it measures. One argument, JSON:
// { port or ports, connections, seconds, rate?, bodies, tokens } where `bodies` is a file of one body a line and `rate` makes it an open
// loop: requests are sent when they are due, and their time counts from then, however late the server was before.
// Prints one line of JSON: { answered, failed, seconds, latencies: { p50, p99 } in ms }.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const {
  port,
  ports = [port],
  connections,
  seconds,
  rate,
  bodies,
  path = '/webhook',
  tokens,
  from = 0,
  count,
} = JSON.parse(process.argv[2]);
const requests = readFileSync(bodies, 'utf8')
  .split('\n')
  .filter(Boolean)
  .slice(from, count === undefined ? undefined : from + count)
  .map((body) => {
    // A conversation belongs to one agent, and so do the repeats and revisions of its messages.
    const token = tokens?.[Number.parseInt(/"conv0*([0-9a-f]+)"/.exec(body)?.[1] ?? '0', 16) % tokens.length];
    const bytes = Buffer.from(body);
    const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), bytes]);
  });

let next = 0;
let answered = 0;
let failed = 0;
const latencies = [];
const start = performance.now();
const end = start + seconds * 1000;
/** When request number n is due, in an open loop. */
const dueAt = (n) => start + (n * 1000) / rate;

await Promise.all(Array.from({ length: connections }, (_, n) => run(ports[n % ports.length])));
latencies.sort((a, b) => a - b);
const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? null;
const took = (performance.now() - start) / 1000;
console.log(
  JSON.stringify({ answered, failed, next: from + next, seconds: took, p50: at(0.5), p99: at(0.99) }),
);

function run(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let since = 0;
    let received = '';
    const send = () => {
      const n = next;
      const now = performance.now();
      if (n >= requests.length || now >= end) {
        socket.end();
        return resolve();
      }
      next += 1;
      const wait = rate ? dueAt(n) - now : 0;
      if (wait > 1) setTimeout(write, wait, n);
      else write(n);
    };
    const write = (n) => {
      since = rate ? dueAt(n) : performance.now();
      socket.write(requests[n]);
    };
    socket.on('connect', send);
    socket.on('error', () => {
      failed += 1;
      resolve();
    });
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (received.length < headEnd + 4 + length) return;
      if (received.startsWith('HTTP/1.1 200')) {
        answered += 1;
        latencies.push(performance.now() - since);
      } else failed += 1;
      received = '';
      send();
    });
  });
}
