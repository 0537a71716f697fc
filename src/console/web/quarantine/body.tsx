import type { FieldProblem } from '../api/types.js';
import { Raw } from '../elements/raw.js';
import { locate } from './locate.js';

/** Characters that are shown around what is marked. */
const AROUND = 20_000;

/** A raw body with the places that its problems speak of marked. */
export function Body({ body, problems }: { body: string; problems: FieldProblem[] }) {
  const places = locate(
    body,
    problems.map(({ field }) => field),
  );
  const start = Math.max(0, (places[0]?.from ?? 0) - AROUND);
  const end = Math.min(body.length, start + 2 * AROUND);
  const parts = [];
  let at = start;
  for (const { from, to } of places) {
    if (from < at || from >= end) continue;
    parts.push(<span key={at}>{body.slice(at, from)}</span>);
    parts.push(
      <mark key={`mark ${from}`} title="Here is what was refused">
        {body.slice(from, to)}
      </mark>,
    );
    at = to;
  }
  return (
    <Raw label="The body as it came">
      {start > 0 && '… '}
      {parts}
      <span>{body.slice(at, Math.max(at, end))}</span>
      {end < body.length && ' …'}
    </Raw>
  );
}
