import { Prisma } from '../../database/generated/client.js';
import { FIGURES } from '../../ledger/figures.js';
import type { Filter } from './usage-sources.sql.js';

/** How often a figure was reported in a conversation, and how often it was more or less than in the message before. */
interface Course {
  reported: number;
  rises: number;
  falls: number;
}

/** The course of what an answer alone decides. Prompts are left out: they grow with a conversation by nature. */
export interface ConversationCourse {
  agent_id: string;
  completion_tokens: Course;
  output_credits: Course;
  total_credits: Course;
}

/** For each agent: of this many of its latest messages the conversations with most of them, and of each the latest. */
const SAMPLE = { messages: 400, conversations: 12, perConversation: 12 };

/**
 * How usage went along some conversations of a range. The sample bounds what the question costs, and is drawn only from
 * what is never changed, so that as of an instant it stays the same.
 */
export function conversationCourses(filter: Filter, asOf: Date | null): Prisma.Sql {
  const { agents, conversationId, messageType, from, to } = filter;
  const inRange = Prisma.sql`m.create_time >= ${from} and m.create_time < ${to}
    ${messageType === undefined ? Prisma.empty : Prisma.sql`and m.message_type = ${messageType}`}
    ${asOf ? Prisma.sql`and m.recorded_at <= ${asOf}` : Prisma.empty}`;
  return Prisma.sql`
    with counted as (
      select agent.id as agent_id, latest.conversation_id, count(*) as messages
      from unnest(${agents}::text[]) as agent (id) cross join lateral (
        select m.conversation_id from message m
        where m.agent_id = agent.id and ${inRange}
          ${conversationId === undefined ? Prisma.empty : Prisma.sql`and m.conversation_id = ${conversationId}`}
        order by m.create_time desc, m.id desc limit ${SAMPLE.messages}
      ) as latest group by 1, 2
    ), chosen as (
      select * from (
        select *, row_number() over (partition by agent_id order by messages desc, conversation_id) as place from counted
      ) as ranked where place <= ${SAMPLE.conversations}
    ), reported as (
      select chosen.agent_id, chosen.conversation_id, m.create_time, m.recorded_at, m.id,
             figures.completion_tokens, figures.total_credits,
             case when num_nonnulls(figures.text_output_credits, figures.audio_output_credits) > 0
                  then coalesce(figures.text_output_credits, 0) + coalesce(figures.audio_output_credits, 0) end as output_credits
      from chosen cross join lateral (
        select m.* from message m
        where m.agent_id = chosen.agent_id and m.conversation_id = chosen.conversation_id and ${inRange}
        order by m.create_time desc, m.id desc limit ${SAMPLE.perConversation}
      ) as m cross join lateral (${asOf ? figuresAsOf(asOf) : figuresNow}) as figures
      where num_nonnulls(figures.completion_tokens, figures.total_credits) > 0
    ), steps as (
      select *, ${columns((name) => `lag(${name}) over course as ${name}_before`)}
      from reported
      window course as (partition by agent_id, conversation_id order by create_time, recorded_at, id)
    )
    select agent_id, ${columns(
      (name) => `json_build_object(
        'reported', count(${name}),
        'rises', count(*) filter (where ${name} > ${name}_before),
        'falls', count(*) filter (where ${name} < ${name}_before)) as ${name}`,
    )}
    from steps group by agent_id, conversation_id`;
}

const columns = (expression: (name: string) => string) =>
  Prisma.raw(['completion_tokens', 'output_credits', 'total_credits'].map(expression).join(', '));

const WATCHED = [
  'completion_tokens',
  'total_credits',
  'text_output_credits',
  'audio_output_credits',
] as const;

const figuresNow = Prisma.raw(`select ${WATCHED.map((name) => `m.${name}::numeric`).join(', ')}`);

/** What the ledger had entered for a message; null where it reported none. */
function figuresAsOf(instant: Date): Prisma.Sql {
  const sums = WATCHED.map((name) => {
    const k = FIGURES.indexOf(name);
    const reporters = `sum(((e.reporters_gained >> ${k}) & 1) - ((e.reporters_lost >> ${k}) & 1))`;
    return `case when ${reporters} > 0 then sum(e.${name}) end as ${name}`;
  });
  return Prisma.sql`select ${Prisma.raw(sums.join(', '))} from usage_entry e
    where e.agent_id = m.agent_id and e.message_id = m.id and e.recorded_at <= ${instant}`;
}
