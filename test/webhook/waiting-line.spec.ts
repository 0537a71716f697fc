import { readAsDelivery } from '../../src/webhook/delivery.js';
import { type Waiting, WaitingLine } from '../../src/webhook/waiting-line.js';

const key = { id: '0b5f3c1e-0000-4000-8000-000000000000', label: '', scopes: ['ingest'], agentId: 'a' };

function waiting(name: string, bytes = 0): Waiting {
  const body = Buffer.from(
    JSON.stringify({ conversation_id: 'c', message_id: name, text: 'x'.repeat(bytes) }),
  );
  const delivery = readAsDelivery(body, new Date(), key as never)!;
  return { since: Date.now(), delivery, settle: () => {}, fail: () => {} };
}
const names = (list: Waiting[]) =>
  list.map(({ delivery }) => JSON.parse(delivery.body.toString()).message_id as string);

describe('the waiting line', () => {
  it('is taken from in its order, and counts the bytes that wait', () => {
    const line = new WaitingLine();
    const all = ['1', '2', '3'].map((name) => waiting(name));
    for (const one of all) line.add(one);
    expect(line.bytes).toBe(all.reduce((sum, { delivery }) => sum + delivery.body.length, 0));
    line.leave(all[1]!);
    line.leave(all[1]!);
    expect(names(line.takeBatch())).toEqual(['1', '3']);
    expect([line.length, line.bytes, line.oldestMs]).toEqual([0, 0, 0]);
  });

  it('lets what was put back go first, behind what was put back earlier', () => {
    const line = new WaitingLine();
    const [one, two, three] = ['1', '2', '3'].map((name) => waiting(name));
    line.add(three!);
    line.putBack([one!]);
    line.putBack([two!]);
    const taken = line.takeBatch();
    expect(names(taken)).toEqual(['1', '2', '3']);
    expect(taken.map(({ isKnown }) => isKnown)).toEqual([true, true, undefined]);
    expect(line.bytes).toBe(0);
  });

  it('gives batches of at most 250 deliveries and 16 MiB, but one at least', () => {
    const line = new WaitingLine();
    for (let n = 0; n < 300; n++) line.add(waiting(String(n)));
    expect([line.takeBatch().length, line.takeBatch().length]).toEqual([250, 50]);
    for (const name of ['large', 'larger', 'largest']) line.add(waiting(name, 9 * 1024 * 1024));
    expect(names(line.takeBatch())).toEqual(['large']);
    line.add(waiting('huge', 17 * 1024 * 1024));
    expect([names(line.takeBatch()), names(line.takeBatch()), names(line.takeBatch())]).toEqual([
      ['larger'],
      ['largest'],
      ['huge'],
    ]);
  });

  it('tells when it has grown', async () => {
    const line = new WaitingLine();
    let grown = false;
    const hearing = line.hasGrownTo(2).then(() => {
      grown = true;
    });
    line.add(waiting('1'));
    await Promise.resolve();
    expect(grown).toBe(false);
    line.add(waiting('2'));
    await hearing;
    expect(grown).toBe(true);
  });
});
