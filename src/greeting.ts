import { readFileSync } from 'node:fs';
import type { FirstKeys } from './access/first-keys.js';
import { describeDatabase } from './database/describe-database.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The first lines of a start: which version runs, on which database. @param target as in `describeDatabase` */
export const heading = (target: string) => `Convoledger ${version}\nDatabase: ${describeDatabase(target)}`;

/**
 * What `npm start` tells a person: the address, and at the very first start the tokens that were made, a delivery to
 * paste and a link that signs in. A token that was given is never printed: the shell that pastes takes it from its own
 * variable. The code stands behind the `#`, which a browser sends to no server and no proxy writes down.
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
${madeTokens(keys.tokens)}${look}Send it a first message${whereGiven('INGEST_TOKEN', INGEST_TOKEN)}:

curl ${address}/webhook -H ${authorization('INGEST_TOKEN', INGEST_TOKEN)} -H 'Content-Type: application/json' -d '${example()}'

And ask what this month cost${whereGiven('ADMIN_TOKEN', ADMIN_TOKEN)}:

curl '${address}/v1/usage?bucket=none' -H ${authorization('ADMIN_TOKEN', ADMIN_TOKEN)}
`;
}

function madeTokens({ INGEST_TOKEN, ADMIN_TOKEN }: FirstKeys['tokens']): string {
  const lines = [
    INGEST_TOKEN && `  for AltaBots, to send with (INGEST_TOKEN):  ${INGEST_TOKEN}\n`,
    ADMIN_TOKEN && `  for you, to ask with (ADMIN_TOKEN):         ${ADMIN_TOKEN}\n`,
  ].filter((line) => line !== undefined);
  if (lines.length === 0) return '';
  const heading = lines.length === 1 ? 'Keep this token. It is' : 'Keep these tokens. They are';
  return `${heading} shown this once:\n${lines.join('')}\n`;
}

/** A made token has no character that a shell reads otherwise. */
const authorization = (variable: string, made: string | undefined) =>
  made === undefined ? `"Authorization: Bearer $${variable}"` : `'Authorization: Bearer ${made}'`;

const whereGiven = (variable: string, made: string | undefined) =>
  made === undefined ? ` (in a shell where ${variable} is set as it was for this start)` : '';

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
