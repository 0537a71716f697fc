import { Prisma } from '../../database/generated/client.js';
import { IN_PARTS, quote } from '../../search/lexemes.js';
import type { Question } from '../../search/question.js';

/** That the message `m` answers a question. In parts, each of its phrases must stand in one of them. */
export function matches({ tsquery, terms }: Question): Prisma.Sql {
  const inParts = terms.map(
    (term) => Prisma.sql`exists (
      select from search_part s
      where s.agent_id = m.agent_id and s.message_id = m.id and s.search @@ ${term}::tsquery)`,
  );
  return Prisma.sql`
    m.search @@ ${tsquery}::tsquery
    and (not m.search @@ ${quote(IN_PARTS)}::tsquery or ${Prisma.join(inParts, ' and ')})`;
}
