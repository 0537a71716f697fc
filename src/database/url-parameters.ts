/** Parameters that another program honours and the driver here passes over, so that they would promise what nobody keeps. */
const NOT_HONOURED: Record<string, string> = {
  schema: 'the tables always live in the schema public; for another instance use another database',
  connection_limit: 'the sizes of the pools are fixed',
  pool_timeout: 'the time limits are fixed',
  socket_timeout: 'the time limits are fixed',
  pgbouncer: 'a pooler must be in session mode, which needs no parameter',
  statement_cache_size: 'a pooler must be in session mode, which needs no parameter',
  single_use_connections: 'connections are pooled',
  sslaccept: 'sslmode says how a certificate is verified',
  sslidentity: 'a key and its certificate are given as sslkey and sslcert',
  sslpassword: 'a key must have no password',
  sslcrl: 'lists of revoked certificates are not read',
  channel_binding: 'sslmode=verify-full makes sure of the server',
  target_session_attrs: 'one server is named, and it must accept writes',
  load_balance_hosts: 'one server is named',
  hostaddr: 'the host stands before the database',
  service: 'files of services are not read',
  passfile: 'the password stands in the address',
};

/** One sentence for each parameter of an address that is not honoured; no value is repeated. */
export function refuseParameters(variable: string, url: string): string[] {
  const { hostname, searchParams } = new URL(url);
  const sentences = [...new Set(searchParams.keys())].flatMap((name) =>
    Object.hasOwn(NOT_HONOURED, name)
      ? [`${variable} has the parameter ${name}, which is not honoured: ${NOT_HONOURED[name]}. Remove it.`]
      : [],
  );
  if (/search_path/i.test(searchParams.get('options') ?? '')) {
    sentences.push(`${variable} sets search_path, which is not honoured: ${NOT_HONOURED.schema}. Remove it.`);
  }
  if (decodeURIComponent(searchParams.get('host') ?? hostname).includes(',')) {
    sentences.push(`${variable} names several hosts, which is not honoured: name one.`);
  }
  return sentences;
}
