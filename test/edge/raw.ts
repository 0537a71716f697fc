import { connect } from 'node:net';

/** Sends bytes as they are and gathers what comes back until the connection ends or says nothing for a moment. */
export function sendRaw(url: string, text: string, patience = 1_500): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    const done = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(patience, done);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('close', done);
    socket.on('error', done);
    socket.write(text, 'latin1');
  });
}

/** A request, whose Content-Length is told unless it is given. */
export function request(line: string, headers: string[] = [], body = ''): string {
  const length = headers.some((header) => /^(content-length|transfer-encoding):/i.test(header))
    ? []
    : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${line} HTTP/1.1`, 'Host: x', ...headers, ...length, '', body].join('\r\n');
}
