import { Badge, Button } from '@mantine/core';
import type { Message } from '../api/types.js';
import { Said } from '../elements/said.js';
import { creditsOf, showCount, showDecimal, tokensOf } from '../figures/figures.js';
import { useZone } from '../session/session.js';
import { showInstant } from '../time/zone.js';
import { PieceView } from './piece.js';

/** One message of a chat, with what it cost. */
export function Bubble({ message, query, onOpen }: { message: Message; query: string; onOpen: () => void }) {
  const zone = useZone();
  const { text, output, usage, revision } = message;
  const isQuestion = message.message_type === 'QUESTION';
  const pieceTexts = output.map(({ content }) => content.text).filter((said) => typeof said === 'string');
  // Where no text was sent, the API joins those of the pieces: they are shown once.
  const isOwnText = text !== null && text !== pieceTexts.join('\n');
  return (
    <li className="message" data-type={message.message_type} data-id={message.message_id}>
      <div className="message-head">
        <strong>{isQuestion ? 'Question' : 'Answer'}</strong>
        <time dateTime={message.create_time}>{showInstant(message.create_time, zone)}</time>
        {revision > 1 && (
          <Badge size="sm" variant="outline" color="gray">
            revision {revision}
          </Badge>
        )}
      </div>
      {isOwnText && <Said text={text} query={query} />}
      {output.map((piece) => (
        <PieceView key={piece.position} piece={piece} query={query} />
      ))}
      {text === null && output.length === 0 && <p className="said quiet">This message came without text.</p>}
      <div className="message-foot">
        {usage === null ? (
          <span>{isQuestion ? 'no usage' : 'usage was not reported'}</span>
        ) : (
          <>
            <span>{showCount(tokensOf(usage))} tokens</span>
            <span>{showDecimal(creditsOf(usage))} credits</span>
          </>
        )}
        <Button variant="subtle" size="compact-xs" onClick={onOpen}>
          {revision > 1 ? 'Revisions and raw deliveries' : 'Raw deliveries'}
        </Button>
      </div>
    </li>
  );
}
