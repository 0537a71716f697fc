import { Badge, Text } from '@mantine/core';
import type { Piece } from '../api/types.js';
import { Said } from '../elements/said.js';

interface Audio {
  url: string | null;
  transcript: string | null;
}

/** One piece of a reply: where in the flow it came from, its text, its audio, and what else was sent. */
export function PieceView({ piece, query }: { piece: Piece; query: string }) {
  const { text, audio, ...more } = piece.content;
  const { from_component_name, from_component_branch } = piece;
  return (
    <div className="piece">
      {(from_component_name || from_component_branch) && (
        <div className="message-head">
          {from_component_name && (
            <Badge size="sm" variant="default">
              {from_component_name}
            </Badge>
          )}
          {from_component_branch && <span>branch {from_component_branch}</span>}
        </div>
      )}
      {typeof text === 'string' && <Said text={text} query={query} />}
      {audioOf(audio).map((entry, index) => (
        // Entries have no id, and their order never changes.
        <Player key={`${index} ${entry.url}`} entry={entry} query={query} spoken={text ?? null} />
      ))}
      {Object.keys(more).length > 0 && (
        <details>
          <summary>Also sent: {Object.keys(more).join(', ')}</summary>
          <pre className="raw">{JSON.stringify(more, null, 2)}</pre>
        </details>
      )}
    </div>
  );
}

function Player({ entry, query, spoken }: { entry: Audio; query: string; spoken: string | null }) {
  return (
    <div>
      {isPlayable(entry.url) ? (
        // biome-ignore lint/a11y/useMediaCaption: the transcript beside it says what is spoken
        <audio controls preload="none" src={entry.url} aria-label="Audio of this message" />
      ) : (
        <Text size="sm" c="dimmed">
          Audio that cannot be played: <span className="mono">{entry.url ?? 'no address was sent'}</span>
        </Text>
      )}
      {entry.transcript && entry.transcript !== spoken && <Said text={entry.transcript} query={query} />}
    </div>
  );
}

/** Only what a browser fetches as a file. Anything else that calls itself an address could run something. */
export function isPlayable(url: string | null): url is string {
  if (url === null || !URL.canParse(url)) return false;
  return ['http:', 'https:'].includes(new URL(url).protocol);
}

function audioOf(audio: unknown): Audio[] {
  if (!Array.isArray(audio)) return [];
  return audio.map((entry: unknown) => {
    const { audio: address, url, transcript } = (entry ?? {}) as Record<string, unknown>;
    const text = (value: unknown) => (typeof value === 'string' ? value : null);
    return { url: text(address) ?? text(url), transcript: text(transcript) };
  });
}
