import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import { linesOf } from '../../src/commands/file-lines.js';
import { ADMIN, type Json, openClient, startTestApp } from '../harness.js';
import { body, MARK, makeFolder, makeTarget, type Source, startSource } from './import-target.js';

jest.setTimeout(120_000);

const folder = makeFolder();
const { write } = folder;
let source: Source;
beforeAll(async () => {
  source = await startSource();
});
afterAll(async () => {
  await source.close();
  folder.remove();
});

describe('an export of deliveries', () => {
  it('comes back as it was, once, and with the agents that it names', async () => {
    const target = await makeTarget();
    const file = write(await source.exportOf('deliveries'), 'deliveries.ndjson');
    const first = await target.run(file);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain('Stored: 4; revised: 1; repeated: 0; refused, now in quarantine: 0;');
    expect(first.stdout).toContain('left out: 0.\nAgents made: second.\nDatabase: ');
    const select = 'select agent_id, id, received_at, outcome, sha256, body from delivery order by id';
    const there = await openClient(source.databaseUrl);
    expect((await target.client.query(select)).rows).toEqual((await there.query(select)).rows);
    await there.end();

    const before = await target.rows();
    const second = await target.run(file);
    expect([second.code, second.stderr]).toEqual([0, '']);
    expect(second.stdout).toContain('Stored: 0; revised: 0;');
    expect(second.stdout).toContain('here already: 5;');
    const after = await target.rows();
    expect([after.deliveries, after.messages]).toEqual([before.deliveries, before.messages]);
    await target.drop();
  });

  it('is read past marks and CRLF', async () => {
    const target = await makeTarget();
    const text = await source.exportOf('deliveries');
    const { code, stdout } = await target.run(write(`${MARK}${text.replaceAll('\n', '\r\n')}${MARK}`));
    expect([code, stdout]).toEqual([0, expect.stringContaining('Stored: 4; revised: 1;')]);
    const [, ...others] = await target.bodies();
    expect(others).toContain(body('two'));
    await target.drop();
  });

  it('that is cut is stored up to there, and the cut line is named', async () => {
    const target = await makeTarget();
    const text = await source.exportOf('deliveries');
    for (const cut of [1, 20]) {
      const { code, stdout, stderr } = await target.run(write(text.trimEnd().slice(0, -cut)));
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^Line 5 was left out: it is the last one and cut short/),
      ]);
      expect(stdout).toContain('left out: 1.\n');
      expect((await target.rows()).deliveries).toBe(4);
    }
    // Without its last line break it is complete.
    expect(await target.run(write(text.trimEnd()))).toMatchObject({ code: 0, stderr: '' });
    expect((await target.rows()).deliveries).toBe(5);
    await target.drop();
  });

  it('names each line of anything else, and stores none of them', async () => {
    const target = await makeTarget();
    const [first = '', second = ''] = (await source.exportOf('deliveries')).split('\n');
    const others = [
      (await source.exportOf('messages')).split('\n')[0]!,
      '[1]',
      'nonsense',
      body('bare'),
      second.replace('"agent":"default"', '"agent":"No agent"'),
      '',
    ];
    const content = Buffer.concat([
      Buffer.from(`${first}\n${others.join('\n')}`),
      Buffer.from(`${first}\n`, 'latin1'),
      Buffer.from(`${second}\n`),
    ]);
    const { code, stdout, stderr } = await target.run(write(content));
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'Line 2 was left out: it is a message of an export of messages.',
      'Line 3 was left out: it is JSON, but no object.',
      'Line 4 was left out: it is not whole JSON.',
      'Line 5 was left out: it is a body, and the file began with an export of deliveries.',
      'Line 6 was left out: agent must be 1 to 64 of a–z, 0–9 and -.',
      'Line 7 was left out: it is not UTF-8, so it was changed.',
    ]);
    expect(stdout).toContain('left out: 6.\n');
    expect(await target.rows()).toMatchObject({ deliveries: 2, agents: 1, audits: 1 });
    const { rows } = await target.client.query('select details from audit_event');
    expect(rows[0].details).toMatchObject({ stored: 2, leftOut: 6 });
    await target.drop();
  });

  it('brings refused bodies back into quarantine and says so; what was dismissed or erased stays away', async () => {
    const app = await startTestApp();
    await app.send('not json');
    await app.send('{"dismissed":1}');
    await app.send(Buffer.from([0x7b, 0xff, 0xfe]));
    await app.send(body('kept'));
    await app.send(body('gone', { conversation_id: 'erased' }));
    const headers = { authorization: `Bearer ${ADMIN}`, 'content-type': 'application/json' };
    const { body: waiting } = await app.get('/v1/quarantine');
    const dismissed = waiting.data.find(({ bytes }: Json) => bytes === 15);
    await fetch(`${app.url}/v1/quarantine/${dismissed.delivery_id}/dismiss`, {
      method: 'POST',
      headers,
      body: '{"reason":"nonsense"}',
    });
    await fetch(`${app.url}/v1/conversations/erased`, { method: 'DELETE', headers });
    const exported = await fetch(`${app.url}/v1/export?kind=deliveries`, { headers });
    const file = write(await exported.text());
    await app.close();

    const target = await makeTarget();
    const first = await target.run(file);
    expect([first.code, first.stderr]).toEqual([1, '']);
    expect(first.stdout).toContain('Stored: 1; revised: 0; repeated: 0; refused, now in quarantine: 2;');
    expect(first.stdout).toContain('without bytes, since erased: 1; dismissed before: 1; left out: 0.');
    // What waits in quarantine is here, so nothing is refused now.
    expect(await target.run(file)).toMatchObject({ code: 0, stderr: '' });
    await target.drop();
  });

  it('names its agents itself, and says that --agent is not used', async () => {
    const target = await makeTarget();
    const file = write(await source.exportOf('deliveries', '&agent=default'), 'deliveries.ndjson');
    const { code, stdout } = await target.run(file, '--agent', 'default');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Each line of an export names its agent, /)]);
    await target.drop();
  });
});

describe('bodies, one a line', () => {
  it('are stored as a sender would send them, whatever marks and line ends are around them', async () => {
    const target = await makeTarget();
    const lines = [body('one'), body('two'), '', '{"istest":true}', body('three')];
    const first = await target.run(write(`${MARK}${lines.join(`${MARK}\r\n${MARK}`)}`));
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain('Stored: 3; ');
    expect((await target.bodies()).sort()).toEqual([body('one'), body('three'), body('two')]);
    // They are the same bodies without.
    const second = await target.run(write(lines.join('\n')));
    expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('here already: 3; probes: 1;')]);
    expect((await target.rows()).deliveries).toBe(3);
    await target.drop();
  });

  it('that the webhook refuses wait in quarantine, and end the import with 1', async () => {
    const target = await makeTarget();
    const { code, stdout, stderr } = await target.run(write(`${body('one')}\n{"no":"ids"}\n`));
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain('Stored: 1; revised: 0; repeated: 0; refused, now in quarantine: 1;');
    expect((await target.rows()).deliveries).toBe(2);
    await target.drop();
  });

  it('with other lines among them are stored without these, and without a cut one', async () => {
    const target = await makeTarget();
    const [delivery = ''] = (await source.exportOf('deliveries')).split('\n');
    const [entry = ''] = (await source.exportOf('entries')).split('\n');
    const lines = [body('one'), delivery, entry, 'a,b', 'null', body('two'), body('three').slice(0, -1)];
    const { code, stdout, stderr } = await target.run(write(lines.join('\n')));
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'Line 2 was left out: it is a delivery of an export, and the file began with bodies.',
      'Line 3 was left out: it is an entry of an export of entries.',
      'Line 4 was left out: it is not whole JSON.',
      'Line 5 was left out: it is JSON, but no object.',
      'Line 7 was left out: it is the last one and cut short, so the file is not complete.',
    ]);
    expect(stdout).toContain('left out: 5.\n');
    expect((await target.bodies()).sort()).toEqual([body('one'), body('two')]);
    await target.drop();
  });

  it('go to an agent that is there, or that is to be made', async () => {
    const target = await makeTarget();
    const untouched = await target.rows();
    const file = write(`${body('one')}\n`);
    const typo = await target.run(file, '--agent', 'typo');
    expect(typo).toMatchObject({ code: 1, stdout: '' });
    expect(typo.stderr).toMatch(
      /^Nothing was imported: there is no agent typo; .*--create-agent.*\nDatabase: /,
    );
    expect(await target.rows()).toEqual(untouched);

    const made = await target.run(file, '--agent', 'made', '--create-agent');
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining('\nAgents made: made.\n')]);
    const again = await target.run(file, '--agent', 'made');
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('here already: 1;')]);
    expect(await target.run(file, '--agent', 'made', '--create-agent')).toMatchObject({ code: 0 });
    expect(await target.run(file, '--agent', 'default')).toMatchObject({ code: 0 });
    const { rows } = await target.client.query('select agent_id from delivery order by 1');
    expect(rows).toEqual([{ agent_id: 'default' }, { agent_id: 'made' }]);
    await target.drop();
  });

  it('of a file that is refused make no agent', async () => {
    const target = await makeTarget();
    const untouched = await target.rows();
    expect((await target.run(write('a,b\n1,2\n'), '--agent', 'made', '--create-agent')).code).toBe(1);
    expect(await target.rows()).toEqual(untouched);
    await target.drop();
  });
});

describe('the lines of a file', () => {
  it('are kept up to a length, and what is longer is counted alone', async () => {
    const long = 'x'.repeat(3 * 1024 ** 2);
    const file = write(`12345\n123456\n\n${long}\r\n12345`);
    const lines: (string | null)[] = [];
    let size = 0;
    for await (const line of linesOf(file, 5)) {
      lines.push(line.bytes && `${line.bytes}${line.isEnded ? '' : ' at the end'}`);
      size += line.size;
    }
    expect(lines).toEqual(['12345', null, '', null, '12345 at the end']);
    expect(size).toBe(readFileSync(file).length);
  });
});
