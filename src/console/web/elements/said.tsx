import { Button } from '@mantine/core';
import { useState } from 'react';
import { Marked } from '../conversations/marked.js';

/** Characters after which a text is folded: drawing 100,000 of them at once takes the breath of a phone. */
const FOLD = 4_000;

/** What somebody wrote, as text whatever it holds. */
export function Said({ text, query = '' }: { text: string; query?: string }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > FOLD;
  return (
    <>
      <p className="said" dir="auto">
        <Marked text={isLong && !isWhole ? `${text.slice(0, FOLD)}…` : text} query={query} />
      </p>
      {isLong && (
        <Button variant="default" size="compact-xs" mt="xs" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show less' : `Show all ${text.length.toLocaleString('en')} characters`}
        </Button>
      )}
    </>
  );
}
