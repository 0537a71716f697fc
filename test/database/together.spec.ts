import type pg from 'pg';
import { recover, together } from '../../src/database/together.js';
import { cloneDatabase, openClient } from '../harness.js';

describe('statements sent together', () => {
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let client: pg.Client;
  let beside: pg.Client;
  beforeAll(async () => {
    database = await cloneDatabase();
    client = await openClient(database.url, { pipeline: true });
    beside = await openClient(database.url);
    await beside.query('create table noted (id integer primary key, text text)');
  });
  afterAll(async () => {
    await Promise.all([client.end(), beside.end()]);
    await database.drop();
  });

  const note = (id: number, text = '') => ({
    name: 'note',
    text: 'insert into noted values ($1, $2) returning id, text',
    values: [id, text],
  });
  const noted = async () => (await beside.query('select id from noted order by id')).rows.map(({ id }) => id);

  it('answer one by one, in their order, and are there for everybody then', async () => {
    const [first, second] = await together(client, [note(1, `it's "1"`), note(2)]);
    expect(first!.rows).toEqual([{ id: 1, text: `it's "1"` }]);
    expect(second!.rows).toEqual([{ id: 2, text: '' }]);
    expect(await noted()).toEqual([1, 2]);
  });

  it('are one transaction: where one fails, those before it are undone and those behind it are not run', async () => {
    await expect(together(client, [note(3), note(1), note(4)])).rejects.toMatchObject({ code: '23505' });
    expect(await noted()).toEqual([1, 2]);
  });

  it('take nothing with them when they fail: what was sent behind them is run', async () => {
    const failing = together(client, [note(5), note(1)]);
    const behind = together(client, [note(6)]);
    await expect(failing).rejects.toThrow('duplicate key');
    expect((await behind)[0]!.rows).toEqual([{ id: 6, text: '' }]);
    expect(await noted()).toEqual([1, 2, 6]);
  });

  it('join a transaction that was begun, which then lasts until it is ended', async () => {
    await together(client, [{ name: 'begin', text: 'begin' }, note(7)]);
    expect(await noted()).toEqual([1, 2, 6]);
    await together(client, [note(8), { name: 'commit', text: 'commit' }]);
    expect(await noted()).toEqual([1, 2, 6, 7, 8]);
  });

  it('are prepared anew on a connection that recovered from a failure, which ended its transaction', async () => {
    const other = { name: 'other', text: 'select count(*)::int as count from noted' };
    await expect(
      together(client, [{ name: 'begin', text: 'begin' }, note(9), note(1), other]),
    ).rejects.toMatchObject({ code: '23505' });
    expect(await recover(client)).toBe(true);
    expect((await together(client, [other]))[0]!.rows).toEqual([{ count: 5 }]);
    await together(client, [note(9)]);
    expect(await noted()).toEqual([1, 2, 6, 7, 8, 9]);
  });

  it('do not recover a connection that is broken', async () => {
    const broken = await openClient(database.url, { pipeline: true });
    await broken.end();
    expect(await recover(broken)).toBe(false);
  });
});
