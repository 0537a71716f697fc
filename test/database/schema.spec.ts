import { readFileSync } from 'node:fs';
import { Prisma } from '../../src/database/generated/client.js';
import { startTestApp, type TestApp } from '../harness.js';

/** The table of a model and its columns, as schema.prisma declares them. Relations are no columns. */
function readModel(model: string): { table: string; declared: string[] } {
  const schema = readFileSync('prisma/schema.prisma', 'utf8');
  const [, text = ''] = new RegExp(`^model ${model} \\{(.*?)^\\}`, 'ms').exec(schema) ?? [];
  const fields = text
    .split('\n')
    .filter((line) => /^ {2}\w/.test(line) && !/ FlowOutput\[\]|@relation/.test(line));
  const declared = fields.map((line) => /@map\("(\w+)"\)/.exec(line)?.[1] ?? line.trim().split(' ')[0]!);
  return { table: /@@map\("(\w+)"\)/.exec(text)![1]!, declared };
}

describe('the schema', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it.each(Object.values(Prisma.ModelName))(
    '%s: every column of the model is in the database, and the other way round',
    async (model) => {
      const property = (model[0]!.toLowerCase() + model.slice(1)) as 'message';
      await app.database.prisma[property].findFirst();
      const { table, declared } = readModel(model);
      const columns = await app.database.prisma.$queryRaw<{ column_name: string }[]>`
      select column_name from information_schema.columns where table_schema = 'public' and table_name = ${table}`;
      expect(columns.map((column) => column.column_name).sort()).toEqual(declared.sort());
    },
  );

  it('forbids to change or delete a ledger entry', async () => {
    await app.send({
      conversation_id: 'c',
      message_id: 'm',
      create_time: 1_758_900_000,
      usage: { credits: { total_credits: 1 } },
    });
    await expect(app.database.prisma.usageEntry.updateMany({ data: { totalCredits: 2 } })).rejects.toThrow();
    await expect(app.database.prisma.usageEntry.deleteMany()).rejects.toThrow();
  });

  it('makes the partition of an old month on demand', async () => {
    await app.database.pool.query(
      `select ensure_delivery_partition('2019-05-31T23:59:59Z'), ensure_delivery_partition('2019-05-01T00:00:00Z')`,
    );
    const { rows } = await app.database.pool.query(
      `select to_regclass('delivery_2019_05') is not null as there`,
    );
    expect(rows[0].there).toBe(true);
  });
});
