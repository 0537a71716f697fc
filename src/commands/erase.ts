import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { eraseConversation } from '../erasure/erase-conversation.js';
import { agentsHaving, type Conversation, type Erased } from '../erasure/erasure.sql.js';
import { searchRefused } from '../erasure/search-refused.js';
import { withoutTextMarks } from '../text-mark.js';
import { CannotRun, runCommand } from './open-database.js';
import { showProgress } from './progress.js';

const USAGE = 'Usage: npm run erase -- FILE [--agent ID]\nFILE has the id of one conversation on each line.';
/** Who erased, where no key did. */
const LABEL = 'npm run erase';

function readOptions(): { file: string; agent: string | undefined } {
  try {
    const { values, positionals } = parseArgs({
      options: { agent: { type: 'string' } },
      allowPositionals: true,
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new Error('One file is needed.');
    return { file, agent: values.agent };
  } catch (error) {
    throw new CannotRun(`${(error as Error).message}\n${USAGE}`);
  }
}

/**
 * The ids that each line of a file may mean, the likeliest first. Byte order marks are no part of an id, and blanks at its
 * ends hardly ever, but an earlier version stored both as they came.
 */
async function readIds(file: string): Promise<string[][]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CannotRun(`The file of ids cannot be read: ${error.message}.`);
  });
  if (text.includes('\0'))
    throw new CannotRun(
      'The file of ids is not UTF-8 text, perhaps UTF-16. Save it as UTF-8. Nothing was erased.',
    );
  const lines = new Set(text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== ''));
  const ids = [...lines].map((line) => [...new Set([withoutTextMarks(line), line.trim(), line])]);
  return [...new Map(ids.map((candidates) => [candidates[0], candidates])).values()];
}

async function record(
  client: pg.ClientBase,
  action: string,
  { agentId, id }: Conversation,
  details: object | null,
): Promise<void> {
  await client.query(
    'insert into audit_event (key_label, action, agent_id, subject, details) values ($1, $2, $3, $4, $5)',
    [LABEL, action, agentId, id, details && JSON.stringify(details)],
  );
}

// `npm run erase -- ids.txt`: erases conversations as DELETE /v1/conversations/:id does. May run beside the server, and
// again after it was stopped: what is erased already costs a look.
await runCommand(async (client) => {
  const { file, agent } = readOptions();
  const ids = await readIds(file);
  const { rows } = await client.query<{ id: string }>(
    'select id from agent where $1::text is null or id = $1',
    [agent ?? null],
  );
  if (rows.length === 0) throw new CannotRun('--agent must be the id of an agent of this instance.');
  const agents = rows.map(({ id }) => id);

  // Once for all ids: it reads every refused body.
  const search = await searchRefused(client, agents, new Set(ids.flat()));
  const having = async (id: string): Promise<string[]> => {
    const found = await agentsHaving(client, agents, id);
    return found.length > 0 ? found : [...(search.found.get(id)?.keys() ?? [])];
  };
  const progress = showProgress('erase', ids.length);
  const erased: Erased = { messages: 0, pieces: 0, deliveries: 0, quarantined: 0 };
  let left = 0;
  for (const candidates of ids) {
    let [id, agentId, another]: (string | undefined)[] = [];
    for (const candidate of candidates) {
      [agentId, another] = await having(candidate);
      id = candidate;
      if (agentId !== undefined) break;
    }
    if (id === undefined || agentId === undefined || another !== undefined) {
      left += 1;
      const why = agentId === undefined ? 'no agent has it' : 'several agents have it, so --agent is needed';
      process.stdout.write(`${candidates[0]}: not erased, ${why}\n`);
    } else {
      const conversation = { agentId, id };
      await record(client, 'conversation.erasing', conversation, null);
      const counts = await eraseConversation(client, {
        conversation,
        refused: search.found.get(id)?.get(agentId) ?? [],
        eraser: { keyId: null, label: LABEL },
      });
      const unattributed = search.unattributed.get(agentId) ?? 0;
      await record(client, 'conversation.erased', conversation, {
        ...counts,
        unattributed_bodies: unattributed,
      });
      for (const name of Object.keys(erased) as (keyof Erased)[]) erased[name] += counts[name];
    }
    progress.advance(1);
  }
  progress.stop();
  const unattributed = [...search.unattributed.values()].reduce((sum, count) => sum + count, 0);
  process.stdout.write(
    `Conversations erased: ${ids.length - left} of ${ids.length}. Messages: ${erased.messages}, pieces: ${erased.pieces}, raw bodies: ${erased.deliveries}, refused bodies: ${erased.quarantined}. Refused bodies left that name no conversation: ${unattributed}.\n`,
  );
  return left === 0 ? 'good' : 'bad';
});
