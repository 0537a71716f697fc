import { RECORDED_BY } from '../recorded-by/recorded-by.hook.js';

const header = (description: string, schema: object) => ({ description, schema });

const LOCATION = header('The address of what was made.', { type: 'string', format: 'uri-reference' });
const RETRY_AFTER = header('Seconds after which to ask or send again.', { type: 'integer', minimum: 0 });
const WWW_AUTHENTICATE = header('The ways in which a token may be sent.', { type: 'string' });
const INSTANT = { type: 'string', format: 'date-time' };
const RECORDED_BY_HEADER = header(
  'Everything that was recorded by this instant is in the answer. Send it back to be answered as of it or later.',
  INSTANT,
);

/** The header by which a caller asks to see at least what an earlier answer showed. */
export const RECORDED_BY_PARAMETER = {
  name: RECORDED_BY,
  in: 'header',
  required: false,
  description: 'The instant of an earlier answer: this one has everything that was recorded by then.',
  schema: INSTANT,
} as const;

/** The headers that an answer of a status has on a route. */
export function headersOf(status: number, path: string): Record<string, ReturnType<typeof header>> {
  const isShown =
    path.startsWith('/v1/') && ((status >= 200 && status < 300) || status === 404 || status === 410);
  return {
    ...(isShown ? { [RECORDED_BY]: RECORDED_BY_HEADER } : {}),
    ...(status === 201 ? { Location: LOCATION } : {}),
    ...(status === 401 ? { 'WWW-Authenticate': WWW_AUTHENTICATE } : {}),
    ...(status === 429 || status === 503 ? { 'Retry-After': RETRY_AFTER } : {}),
  };
}
