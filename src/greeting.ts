import { readFileSync } from 'node:fs';
import type { FirstKeys } from './access/first-keys.js';
import { describeDatabase } from './database/describe-database.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The first lines of a start: which version runs, on which database. @param target as in `describeDatabase` */
export const heading = (target: string) => `Convoledger ${version}\nDatabase: ${describeDatabase(target)}`;

/**
 * What `npm start` tells a person: the address, and at the very first start the tokens, a delivery to paste and a link
 * that signs in. The code stands behind the `#`, which a browser sends to no server and no proxy writes down.
 */
export function greeting(
  host: string,
  port: number,
  keys: FirstKeys,
  signInCode: string | null = null,
): string {
  const address = `http://${reachable(host)}:${port}`;
  const ready = `Convoledger is ready: ${address}\n`;
  if (!keys.isFirstStart) return ready;
  const { INGEST_TOKEN, ADMIN_TOKEN } = keys.tokens;
  const look =
    signInCode === null
      ? ''
      : `Look at it in a browser. This link signs in once, within the hour:\n\n${address}/#signin=${signInCode}\n\n`;
  return `${ready}
Keep these tokens. They are shown this once:
  for AltaBots, to send with (INGEST_TOKEN):  ${INGEST_TOKEN}
  for you, to ask with (ADMIN_TOKEN):         ${ADMIN_TOKEN}

${look}Send it a first message:

curl ${address}/webhook -H ${quoted(`Authorization: Bearer ${INGEST_TOKEN}`)} -H 'Content-Type: application/json' -d '${example()}'

And ask what this month cost:

curl '${address}/v1/usage?bucket=none' -H ${quoted(`Authorization: Bearer ${ADMIN_TOKEN}`)}
`;
}

/** As a shell reads it back: a token that was given may hold any visible character. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** An address that listens everywhere cannot be called by its own name. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

const example = () =>
  JSON.stringify({
    conversation_id: 'first-conversation',
    message_id: 'first-message',
    create_time: Math.floor(Date.now() / 1000),
    output: [{ content: { text: 'Hi, is there anything I can help you with?' } }],
    usage: {
      tokens: { total_tokens: 29, prompt_tokens: 19, completion_tokens: 10 },
      credits: { text_input_credits: 0.0123, text_output_credits: 0.045 },
    },
  });
