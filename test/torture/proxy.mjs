import { connect, createServer } from 'node:net';

/**
 * A TCP proxy in front of a database, to lose its connections in ways that a database never would by itself.
 *
 * @param {string} target a `postgresql://` address
 */
export async function startProxy(target) {
  const { hostname, port } = new URL(target);
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  let swallowing = false;
  /** Called with each chunk from the application; true swallows it and cuts the connection. */
  let cutAt = (/** @type {Buffer} */ _chunk) => false;
  /** The last chunk that passes on a connection which then neither says anything nor closes. */
  let freezeAt = (/** @type {Buffer} */ _chunk) => false;

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let frozen = false;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (!frozen) to.destroy();
      });
      from.on('data', (chunk) => {
        if (swallowing || frozen) return;
        if (from === upstream && cutAt(chunk)) return from.destroy();
        to.write(chunk);
        if (from === client) frozen = freezeAt(chunk);
      });
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const url = new URL(target);
  const address = server.address();
  url.port = String(typeof address === 'object' && address ? address.port : 0);

  return {
    url: url.href,
    /** Breaks every connection, whatever is on its way. */
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    /** The same, as a router or a host that has forgotten them does: by a reset instead of an end. */
    reset() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    /** Cuts before the next answer of the database that has these words in it reaches the application. */
    cutBeforeAnswer(/** @type {string} */ words) {
      let done = false;
      cutAt = (chunk) => {
        if (done || !chunk.includes(words)) return false;
        done = true;
        return true;
      };
    },
    /** Passes the first part of what the application says with these words, and nothing behind it: its host is gone. */
    freezeBehind(/** @type {string} */ words) {
      let done = false;
      freezeAt = (chunk) => {
        if (done || !chunk.includes(words)) return false;
        done = true;
        return true;
      };
    },
    /** Takes all packets and passes none on, as a broken route does; those of that time are gone for good. */
    swallow(/** @type {boolean} */ on) {
      // A stream with a hole in it cannot go on: what stayed silent breaks when the route is back.
      if (swallowing && !on) for (const socket of sockets) socket.destroy();
      swallowing = on;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
