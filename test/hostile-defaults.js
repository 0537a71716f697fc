/**
 * What a server, a database or a role may have set and Convoledger must not mind: each of these changed an answer, or
 * broke a promise, where a session was taken as it came. The time limits are long enough to set a session in.
 */
export const HOSTILE = {
  TimeZone: 'Europe/Berlin',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  timezone_abbreviations: 'India',
  client_encoding: 'LATIN1',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  transform_null_equals: 'on',
  array_nulls: 'off',
  quote_all_identifiers: 'on',
  search_path: 'elsewhere, pg_catalog',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  session_replication_role: 'replica',
  gin_fuzzy_search_limit: '1',
  exit_on_error: 'on',
  synchronous_commit: 'off',
  lock_timeout: '10ms',
  statement_timeout: '3s',
  idle_in_transaction_session_timeout: '3s',
  idle_session_timeout: '3s',
};

const literal = (value) => `'${value}'`;
/** A list of names is given as names, and not as one name with a comma in it. */
const given = (name, value) => (name === 'search_path' ? value : literal(value));

/** @param {string} whose `database x`, or `role x` */
export const makeHostile = (whose) =>
  Object.entries(HOSTILE).map(([name, value]) => `alter ${whose} set ${name} = ${given(name, value)}`);
