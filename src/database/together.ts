import pg from 'pg';

export interface Statement {
  /** By which the connection knows it when it comes again. */
  name: string;
  text: string;
  values?: unknown[];
}

/**
 * Sends statements in one go, on a connection in pipeline mode, and hears of all of them at once. Behind one that fails
 * none is run. Where no transaction was begun they are one, which commits when the last has run. After a failure the
 * connection must be given up or recovered: what it has prepared is no longer known.
 */
export function together(client: pg.ClientBase, statements: Statement[]): Promise<pg.QueryResult[]> {
  return new Promise((resolve, reject) => {
    const hear = (error: Error | undefined, results: unknown) =>
      error ? reject(error) : resolve([results].flat() as pg.QueryResult[]);
    client.query(new Together(statements, hear));
  });
}

/** To the client one query with several results, like a text with several statements. */
class Together extends pg.Query {
  constructor(
    private readonly statements: Statement[],
    hear: (error: Error | undefined, results: unknown) => void,
  ) {
    super({ text: '' }, hear);
  }

  /** Sends what the driver sends for each, but for the Sync that ends a transaction and asks for an answer: one is enough. */
  override submit = (connection: pg.Connection): void => {
    const withoutSync = Object.create(connection, { sync: { value: () => {} } }) as pg.Connection;
    connection.stream.cork();
    try {
      for (const statement of this.statements) new pg.Query(statement).submit(withoutSync);
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  };
}

/**
 * Makes a connection usable after statements that were sent together have failed: ends the transaction, and learns from the
 * server which of the statements it has prepared. Those behind the failed one it has never seen.
 * @returns whether it is usable
 */
export function recover(client: pg.ClientBase): Promise<boolean> {
  return new Promise((resolve) => {
    client.query(new Recovery((error) => resolve(!error)));
  });
}

/** What the driver takes for prepared, by name. */
interface Prepared {
  parsedStatements: Record<string, string>;
  submittedNamedStatements: Record<string, string>;
}

class Recovery extends pg.Query {
  private connection!: pg.Connection & Prepared;

  constructor(hear: (error: Error | undefined) => void) {
    const learn = (error: Error | undefined, results: unknown) => {
      if (!error) this.keep((results as pg.QueryResult[])[1]!.rows.map(({ name }) => name));
      hear(error);
    };
    super({ text: 'rollback; select name from pg_catalog.pg_prepared_statements' }, learn);
  }

  override submit = (connection: pg.Connection): void => {
    this.connection = connection as pg.Connection & Prepared;
    pg.Query.prototype.submit.call(this, connection);
  };

  private keep(names: string[]): void {
    const known = { ...this.connection.parsedStatements, ...this.connection.submittedNamedStatements };
    this.connection.submittedNamedStatements = {};
    this.connection.parsedStatements = Object.fromEntries(
      names.flatMap((name) => (known[name] === undefined ? [] : [[name, known[name]]])),
    );
  }
}
