/** Milliseconds since 1970, the end not included. */
export interface Stretch {
  from: number;
  to: number;
}

/** How ranges are put together: of each span the stretches that are whole rows of it, and what is left of none. */
export interface Cover {
  spans: { span: number; stretches: Stretch[] }[];
  rest: Stretch[];
}

/**
 * Divides time between edges into as long whole spans as there are, none of them across an edge. Every instant from the
 * first edge to the last is covered exactly once.
 * @param edges instants in rising order
 * @param spans seconds, the longest first; each a multiple of the next
 */
export function cover(edges: Date[], spans: readonly number[]): Cover {
  const found = spans.map((span) => ({ span, stretches: [] as Stretch[] }));
  const rest: Stretch[] = [];
  const divide = (from: number, to: number, level: number): void => {
    const longest = found[level];
    const length = (longest?.span ?? 0) * 1_000;
    const first = Math.ceil(from / length) * length;
    const last = Math.floor(to / length) * length;
    if (from >= to) return;
    if (longest === undefined) {
      add(rest, { from, to });
    } else if (first >= last) {
      divide(from, to, level + 1);
    } else {
      divide(from, first, level + 1);
      add(longest.stretches, { from: first, to: last });
      divide(last, to, level + 1);
    }
  };
  edges.slice(1).forEach((edge, index) => {
    divide(edges[index]!.getTime(), edge.getTime(), 0);
  });
  return { spans: found.filter(({ stretches }) => stretches.length > 0), rest };
}

/** Stretches come in rising order: one that begins where the last one ended goes on with it. */
function add(stretches: Stretch[], next: Stretch): void {
  const last = stretches.at(-1);
  if (last?.to === next.from) last.to = next.to;
  else stretches.push(next);
}
