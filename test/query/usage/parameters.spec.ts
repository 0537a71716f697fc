import { INGEST, startTestApp } from '../../harness.js';
import { type Archive, openArchive, tokenOf } from './archive.js';

const BERLIN = 'period=2026-10&tz=Europe/Berlin';

describe('the parameters of usage', () => {
  let archive: Archive;
  beforeAll(async () => {
    archive = await openArchive(['a', 'b']);
    for (const agent of ['a', 'b']) {
      for (let n = 0; n < 3; n++) {
        const conversation_id = n === 0 ? 'shared' : `${agent}${n}`;
        await archive.deliver(agent, { conversation_id, message_id: `${n}`, create_time: 1_791_000_000 + n });
      }
    }
  });
  afterAll(() => archive.app.close());

  it.each([
    ['unknown=1', 'unknown'],
    ['from[]=2026-10-01', 'from[]'],
    ['agent=nobody', 'agent'],
    ['agent=', 'agent'],
    ['agent=A', 'agent'],
    ['agent=a&agent=b', 'agent'],
    ['conversation_id=', 'conversation_id'],
    ['conversation_id=%00', 'conversation_id'],
    ['conversation_id=a&conversation_id=b', 'conversation_id'],
    [`conversation_id=${'x'.repeat(257)}`, 'conversation_id'],
    ['message_type=answer', 'message_type'],
    ['message_type=', 'message_type'],
    ['bucket=year', 'bucket'],
    ['bucket=', 'bucket'],
    ['bucket=constructor', 'bucket'],
    ['bucket=day&bucket=day', 'bucket'],
    ['bucket=hour&from=2000-01-01&to=2026-01-01', 'bucket'],
    ['bucket=hour&from=0001-01-01&to=9999-12-31', 'bucket'],
    ['bucket=day&from=0001-01-01&to=9999-12-31', 'bucket'],
    ['group_by=', 'group_by'],
    ['group_by=,', 'group_by'],
    ['group_by=agent,', 'group_by'],
    ['group_by=agent,agent', 'group_by'],
    ['group_by=agent, conversation', 'group_by'],
    ['group_by=conversation_id', 'group_by'],
    ['group_by=toString', 'group_by'],
    ['group_by=agent&group_by=conversation', 'group_by'],
    ['sort=credits', 'sort'],
    ['sort=credits&bucket=month', 'sort'],
    ['sort=messages', 'sort'],
    ['as_of=now', 'as_of'],
    ['as_of=9999-12-31', 'as_of'],
    ['as_of=2026-02-30', 'as_of'],
    ['as_of=2026-10-01T00:00:00', 'as_of'],
    ['as_of=2026-10-01T00:00:00+02:00', 'as_of'],
    ['as_of=2026-02-30T00:00:00Z', 'as_of'],
    ['as_of=2026-10-01T00:00:60Z', 'as_of'],
    ['as_of=9999-12-31T23:59:59Z', 'as_of'],
    ['as_of=9999-12-31T23:59:59-14:00', 'as_of'],
    ['as_of=2026-01-01T00:00:00Z&as_of=2026-01-01T00:00:00Z', 'as_of'],
    ['format=xml', 'format'],
    ['format=CSV', 'format'],
    ['format=csv&limit=10', 'limit'],
    ['format=csv&cursor=abcd', 'cursor'],
    ['bom=true', 'bom'],
    ['delimiter=semicolon', 'delimiter'],
    ['format=csv&delimiter=%3B', 'delimiter'],
    ['format=csv&bom=1', 'bom'],
    ['format=csv&bom=', 'bom'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=-1', 'limit'],
    ['limit=1e2', 'limit'],
    ['limit=1.0', 'limit'],
    ['limit=', 'limit'],
    ['limit=99999999999999999999', 'limit'],
    ['limit=5&limit=6', 'limit'],
    ['cursor=', 'cursor'],
    ['cursor=AAAA', 'cursor'],
    ['cursor=%27%3B--', 'cursor'],
    ['tz=Nonsense%2B5', 'tz'],
    ['tz=', 'tz'],
    ['to=2026-10-01', 'from'],
    ['from=2026-10-02&to=2026-10-01', 'to'],
    ['from=2026-10-01&to=2026-10-01', 'to'],
    ['period=2026-13', 'period'],
    ['period=2026-10&from=2026-10-01', 'period'],
  ])('refuses %s by naming %s', async (query, field) => {
    expect(await archive.faults(query)).toEqual([400, field]);
  });

  it.each([
    'as_of=0001-01-01T00:00:00%2B14:00',
    'as_of=2026-10-01T00:00:00.123456789123456789Z',
    'as_of=2026-10-01t00:00:00z',
    'from=0001-01-02&to=9999-12-30&bucket=none',
    'from=0001-01-02&to=1900-01-01&bucket=month&tz=America/Havana',
    'group_by=message_type,conversation,agent&bucket=hour&period=2026-10',
    'format=json&bom=false&limit=1000&sort=start',
    'conversation_id=unheard%20of',
    "conversation_id=';drop table message;--",
  ])('answers %s', async (query) => {
    expect((await archive.faults(query))[0]).toBe(200);
  });

  it.each(['Asia/Kathmandu', 'Asia/Katmandu', 'asia/kathmandu', 'Etc/UTC', 'utc'])(
    'the zone %s is echoed as it was asked for, and reports that name none have that of the settings',
    async (tz) => {
      const asked = await archive.ask(`period=2026-10&bucket=none&tz=${tz}`);
      expect(asked.tz).toBe(tz);
      const app = await startTestApp({ REPORT_TZ: tz });
      const { body } = await app.get('/v1/usage?period=2026-10&bucket=none');
      expect([body.tz, body.from, body.to]).toEqual([tz, asked.from, asked.to]);
      await app.close();
    },
  );

  it('a conversation id that two agents have needs its agent, and one of them has it', async () => {
    expect(await archive.faults('conversation_id=shared')).toEqual([409, 'agent']);
    const { totals } = await archive.ask(`${BERLIN}&conversation_id=shared&agent=a`);
    expect(totals.messages).toBe(1n);
  });

  it('a key of one agent sees only that agent, and asks for no other', async () => {
    expect(await archive.faults('agent=b', tokenOf('a'))).toEqual([403]);
    const answer = await fetch(`${archive.app.url}/v1/usage?${BERLIN}&group_by=agent&bucket=none`, {
      headers: { authorization: `Bearer ${tokenOf('a')}` },
    });
    expect(await answer.json()).toMatchObject({ totals: { messages: 3 }, data: [{ agent: 'a' }] });
    expect(await archive.faults(BERLIN, INGEST)).toEqual([403]);
  });

  it('a cursor serves the question it was made for, in whatever order that is asked, and no other', async () => {
    const { next_cursor } = await archive.ask(`${BERLIN}&group_by=conversation&limit=2`);
    const again = `cursor=${next_cursor}`;
    expect(await archive.faults(`group_by=conversation&${again}&limit=9&${BERLIN}`)).toEqual([200]);
    for (const other of [
      `${BERLIN}&group_by=agent`,
      `${BERLIN}&group_by=conversation&agent=a`,
      `${BERLIN}&group_by=conversation&bucket=none`,
      'period=2026-10&group_by=conversation',
      `${BERLIN}&group_by=conversation&as_of=2026-01-01T00:00:00Z`,
    ]) {
      expect([other, ...(await archive.faults(`${other}&${again}`))]).toEqual([other, 400, 'cursor']);
    }
    expect(await archive.faults(`${BERLIN}&group_by=conversation&${again}`, tokenOf('a'))).toEqual([
      400,
      'cursor',
    ]);
    const changed = `${next_cursor.slice(0, -1)}${next_cursor.endsWith('A') ? 'B' : 'A'}`;
    expect(await archive.faults(`${BERLIN}&group_by=conversation&cursor=${changed}`)).toEqual([
      400,
      'cursor',
    ]);
  });
});
