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
 * Makes a connection usable after statements that were sent together have failed: ends the transaction, and prepares anew
 * whatever comes.
 * @returns whether it is usable
 */
export function recover(client: pg.ClientBase): Promise<boolean> {
  return new Promise((resolve) => {
    client.query(new Recovery((error) => resolve(!error)));
  });
}

class Recovery extends pg.Query {
  constructor(hear: (error: Error | undefined) => void) {
    super({ text: 'rollback; deallocate all' }, hear);
  }

  override submit = (connection: pg.Connection): void => {
    Object.assign(connection, { parsedStatements: {}, submittedNamedStatements: {} });
    pg.Query.prototype.submit.call(this, connection);
  };
}
