interface SearchedPiece {
  text: string | null;
  audio: unknown[];
}

/** Everything in a message that is searched: its text, the texts of its pieces, and the transcripts of their audio. */
export function textsOf(text: string | null, pieces: SearchedPiece[]): (string | null)[] {
  return [text, ...pieces.flatMap((piece) => [piece.text, ...piece.audio.map(transcriptOf)])];
}

function transcriptOf(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null || !('transcript' in entry)) return null;
  return typeof entry.transcript === 'string' ? entry.transcript : null;
}
