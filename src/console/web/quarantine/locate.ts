/** Where in a body a problem is, in UTF-16 units. */
export interface Place {
  from: number;
  to: number;
}

interface Reading {
  /** Where each value stands, by its path: `usage.tokens.total_tokens`, `output[0].content`. */
  places: Map<string, Place>;
  /** Where the text stops being JSON, or null. */
  brokenAt: number | null;
}

/** The places of a body that its problems speak of. A field that is missing has none. */
export function locate(body: string, fields: string[]): Place[] {
  const { places, brokenAt } = read(body);
  if (brokenAt !== null) {
    const from = Math.min(brokenAt, Math.max(0, body.length - 1));
    return [{ from, to: Math.min(body.length, from + 1) }];
  }
  const found = fields.map((field) => places.get(field) ?? byLastName(places, field));
  return found.filter((place) => place !== undefined).sort((a, b) => a.from - b.from);
}

/** An older body has its fields elsewhere; their own names are the same. */
function byLastName(places: Map<string, Place>, field: string): Place | undefined {
  const name = field.split('.').at(-1);
  if (!name) return undefined;
  const fits = [...places].filter(([path]) => path === name || path.endsWith(`.${name}`));
  return fits.length === 1 ? fits[0]?.[1] : undefined;
}

/** Deeper than any body that is taken; a body may be nothing but brackets. */
const DEEPEST = 200;

class Broken extends Error {
  constructor(readonly at: number) {
    super('not JSON');
  }
}

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Reads JSON only for where its values are: the browser's own parser does not tell. */
export function read(body: string): Reading {
  const places = new Map<string, Place>();
  let at = 0;

  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const [match] = pattern.exec(body) ?? [];
    if (match === undefined) return null;
    at += match.length;
    return match;
  };
  const expect = (sign: string): void => {
    take(SPACE);
    if (body[at] !== sign) throw new Broken(at);
    at++;
  };
  const isNext = (sign: string): boolean => {
    take(SPACE);
    return body[at] === sign;
  };

  const value = (path: string, depth: number): void => {
    take(SPACE);
    const from = at;
    if (depth > DEEPEST) throw new Broken(at);
    if (body[at] === '{') members('{', '}', () => member(path, depth));
    else if (body[at] === '[') {
      let index = 0;
      members('[', ']', () => value(`${path}[${index++}]`, depth + 1));
    } else if (take(STRING) === null && take(SCALAR) === null) throw new Broken(brokenIn(body, at));
    places.set(path, { from, to: at });
  };
  const member = (path: string, depth: number): void => {
    take(SPACE);
    const name = take(STRING);
    if (name === null) throw new Broken(brokenIn(body, at));
    expect(':');
    const key = String(JSON.parse(name));
    value(path === '' ? key : `${path}.${key}`, depth + 1);
  };
  const members = (open: string, close: string, one: () => void): void => {
    expect(open);
    if (!isNext(close)) {
      one();
      while (isNext(',')) {
        at++;
        one();
      }
    }
    expect(close);
  };

  try {
    value('', 0);
    take(SPACE);
    return { places, brokenAt: at < body.length ? at : null };
  } catch (error) {
    if (error instanceof Broken) return { places, brokenAt: error.at };
    throw error;
  }
}

/** A text that begins well breaks where it ends: at its first forbidden character, or at the end of the body. */
function brokenIn(body: string, at: number): number {
  if (body[at] !== '"') return at;
  const inside = /(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;
  inside.lastIndex = at + 1;
  inside.exec(body);
  return inside.lastIndex;
}
