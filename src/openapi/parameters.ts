/** What parameters of one name mean wherever they occur; the rules of each route say what values they take. */
export const PARAMETERS: Record<string, { description: string; example?: string | number }> = {
  agent: {
    description: 'The agent that is asked about. Left out: every agent that the key may see.',
    example: 'default',
  },
  conversation_id: {
    description: 'Only of this conversation.',
    example: '6911aa00aa00aa00aa00aa01',
  },
  message_id: { description: 'Only of this message.', example: '6911bb00bb00bb00bb00bb01' },
  message_type: { description: 'Only messages of this type.' },
  outcome: {
    description: 'Only deliveries of which this became, or one of these: several with commas between.',
    example: 'repeated,revised',
  },
  component: {
    description: 'Only messages with a piece from the component of exactly this name.',
    example: 'Opening hours',
  },
  q: {
    description:
      'Words that must all occur; `"…"` is a phrase. Case and accents do not matter. In scripts without spaces any run of characters is a word.',
    example: '"opening hours" sunday',
  },
  from: {
    description:
      'Where the range begins, inclusive: a date (its first instant in `tz`) or an RFC 3339 instant with offset.',
    example: '2026-10-01',
  },
  to: {
    description: 'Where the range ends, exclusive: a date or an instant as in `from`.',
    example: '2026-11-01',
  },
  period: { description: 'A whole month in `tz`, in place of `from` and `to`.', example: '2026-10' },
  tz: {
    description:
      'IANA name of the zone of dates and months, echoed as it was given. Left out: REPORT_TZ of the server.',
    example: 'Europe/Berlin',
  },
  wait: { description: 'Seconds to hold the answer until something comes.', example: 30 },
  bom: { description: 'Whether a CSV begins with a byte order mark. Only where the format is csv.' },
  delimiter: {
    description:
      'What separates the cells of a CSV; with `semicolon`, credits and costs have a decimal comma. Only where the format is csv.',
  },
  limit: { description: 'The most rows of a page.' },
  cursor: {
    description:
      'The `next_cursor` of the page before. It belongs to the list and filters it was made for; `limit` may change.',
  },
};
