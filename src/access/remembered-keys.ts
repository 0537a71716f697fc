import { hash } from 'node:crypto';
import type { Key } from './key.js';

/** Milliseconds. What may change of a key besides its end, such as its label, is seen after that. */
const FOR = 30_000;
/** Only live keys are remembered, so this is never reached unless somebody has more of them. */
const MOST = 10_000;

/**
 * Keys that were found lately, by what was presented. Not to be trusted by itself: whoever takes a key from here must
 * ask again whether it is live before anything is promised, as storing a delivery does under the writer's lock.
 */
export class RememberedKeys {
  private readonly found = new Map<string, { key: Key; until: number }>();

  recall(tokens: string[]): Key | null {
    const entry = this.found.get(digest(tokens));
    return entry && entry.until > Date.now() ? entry.key : null;
  }

  remember(tokens: string[], key: Key): void {
    if (this.found.size >= MOST) this.found.clear();
    this.found.set(digest(tokens), { key, until: Date.now() + FOR });
  }

  forget(id: string): void {
    for (const [presented, { key }] of this.found) if (key.id === id) this.found.delete(presented);
  }
}

/** No token is kept, not even for seconds. */
const digest = (tokens: string[]): string => hash('sha256', tokens.join('\n'), 'base64');
