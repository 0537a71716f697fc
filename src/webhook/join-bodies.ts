/** Joins the raw bodies of rows into one value, and says in each row where its own begins, counted from 1. */
export function joinBodies(rows: { body: Buffer | null }[]): { bodies: Buffer; rows: object[] } {
  let from = 1;
  const bodies: Buffer[] = [];
  const without = rows.map(({ body, ...row }) => {
    if (!body) return row;
    bodies.push(body);
    from += body.length;
    return { ...row, body_from: from - body.length };
  });
  return { bodies: Buffer.concat(bodies), rows: without };
}
