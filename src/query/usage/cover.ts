/** Milliseconds since 1970, the end not included. */
export interface Interval {
  from: number;
  to: number;
}

/** How ranges are put together: of each span the intervals that are whole rows of it, and what is left of none. */
export interface Cover {
  spans: { span: number; intervals: Interval[] }[];
  rest: Interval[];
}

/**
 * Divides time between edges into as long whole spans as there are, none of them across an edge. Every instant from the
 * first edge to the last is covered exactly once.
 * @param edges instants in rising order
 * @param spans seconds, the longest first; each a multiple of the next
 */
export function cover(edges: Date[], spans: readonly number[]): Cover {
  const found = spans.map((span) => ({ span, intervals: [] as Interval[] }));
  const rest: Interval[] = [];
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
      add(longest.intervals, { from: first, to: last });
      divide(last, to, level + 1);
    }
  };
  edges.slice(1).forEach((edge, index) => {
    divide(edges[index]!.getTime(), edge.getTime(), 0);
  });
  return { spans: found.filter(({ intervals }) => intervals.length > 0), rest };
}

/** Intervals come in rising order: one that begins where the last one ended goes on with it. */
function add(intervals: Interval[], next: Interval): void {
  const last = intervals.at(-1);
  if (last?.to === next.from) last.to = next.to;
  else intervals.push(next);
}
