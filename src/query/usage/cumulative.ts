import type { ConversationCourse } from './cumulative.sql.js';

/** Fewer messages than these say nothing about a conversation. */
const LEAST_MESSAGES = 4;
/** Of the steps from one message to the next this part must rise; the others may stand still. */
const RISING = 0.75;
/** Of the conversations that are long enough this part must grow. */
const GROWING = 0.8;
/**
 * n figures that have nothing to do with each other stand in rising order once in n! times. The conversations that grow
 * must together be rarer than this: one of six messages is (720), or three of four (24³), and two of four (24²) are not.
 */
const LUCK = 700;

/**
 * The agents whose usage looks like a running sum along their conversations, bytewise in order. The sender's figures are
 * read as those of one message each; should an agent report sums so far instead, adding them up would count the first
 * message of ten ten times, and this is how that is noticed.
 *
 * A conversation grows where none of what its answers cost ever falls, and most of it rises. What counts is the first of
 * completion tokens, output credits and total credits that is reported often enough: those of single answers go up and
 * down, while prompts, and all that contains them, grow with every conversation.
 */
export function cumulativeAgents(courses: ConversationCourse[]): string[] {
  const judged = new Map<string, { conversations: number; growing: number; luck: number }>();
  for (const course of courses) {
    const figures = [course.completion_tokens, course.output_credits, course.total_credits].filter(
      ({ reported }) => reported >= LEAST_MESSAGES,
    );
    const [telling] = figures;
    if (!telling) continue;
    const agent = judged.get(course.agent_id) ?? { conversations: 0, growing: 0, luck: 1 };
    judged.set(course.agent_id, agent);
    agent.conversations += 1;
    const rises = telling.rises >= RISING * (telling.reported - 1);
    if (!rises || figures.some(({ falls }) => falls > 0)) continue;
    agent.growing += 1;
    agent.luck *= factorial(telling.reported);
  }
  return [...judged]
    .filter(([, { conversations, growing, luck }]) => growing >= GROWING * conversations && luck >= LUCK)
    .map(([agent]) => agent)
    .sort();
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
