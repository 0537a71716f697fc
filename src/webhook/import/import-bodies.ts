import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { Problem } from '../../errors/problem.js';
import { type Delivery, type Outcome, readAsDelivery } from '../delivery.js';
import type { WriterService } from '../writer.service.js';
import type { FileKind } from './file-kind.js';
import { makeImportKey, revokeImportKeys } from './import-keys.js';
import { alreadyHere } from './known.sql.js';
import { type FileLine, type ImportedBody, readLine } from './read-line.js';

/** Bodies that wait to be stored at once: two batches, so that one is read while the other commits. */
const AT_ONCE = { deliveries: 500, bytes: 16 * 1024 * 1024 };
/** Milliseconds before what could not be stored is tried again. */
const AGAIN_AFTER = 500;

export interface ImportCounts {
  stored: number;
  revised: number;
  repeated: number;
  refused: number;
  alreadyHere: number;
  probes: number;
  erased: number;
  dismissed: number;
  /** Lines that are nothing that can be imported. */
  leftOut: number;
}

export interface Import {
  client: pg.Client;
  writer: WriterService;
  kind: FileKind;
  /** Of bodies that do not name their agent. */
  agent: string;
  /** Called with the bytes of the file that are done. */
  advance: (bytes: number) => void;
  /** Called with the number of a line that cannot be imported, and why, as words that follow "left out:". */
  complain: (line: number, problem: string) => void;
}

export interface Imported {
  counts: ImportCounts;
  /** Agents that lines of an export name, and that were not here. */
  madeAgents: string[];
}

/**
 * Sends the lines of a file through the door that deliveries come in by: they are read, judged, counted and corrected
 * alike. Of one message nothing overtakes what stood before it. Done twice, it does nothing the second time.
 */
export async function importLines(lines: AsyncIterable<FileLine>, run: Import): Promise<Imported> {
  const feed = new Feed(run);
  let number = 0;
  try {
    for await (const line of lines) {
      number += 1;
      await feed.add(line, number);
    }
    await feed.flush();
  } finally {
    await feed.end();
  }
  return { counts: feed.counts, madeAgents: feed.madeAgents };
}

class Feed {
  readonly counts: ImportCounts = {
    stored: 0,
    revised: 0,
    repeated: 0,
    refused: 0,
    alreadyHere: 0,
    probes: 0,
    erased: 0,
    dismissed: 0,
    leftOut: 0,
  };
  readonly madeAgents: string[] = [];
  private readonly keys = new Map<string, string>();
  private waiting: Delivery[] = [];
  private exported = new Set<string>();
  private sent: Promise<void> = Promise.resolve();
  private readonly messages = new Set<string>();
  private bytes = 0;
  private fileBytes = 0;

  constructor(private readonly run: Import) {}

  async add(read: FileLine, number: number): Promise<void> {
    this.fileBytes += read.size;
    const line = readLine(read, this.run.kind);
    if ('problem' in line) {
      this.counts.leftOut += 1;
      return this.run.complain(number, line.problem);
    }
    if ('skip' in line) {
      if (line.skip !== 'empty') this.counts[line.skip] += 1;
      return;
    }
    const delivery = await this.read(line);
    if (delivery === null) {
      this.counts.probes += 1;
      return;
    }
    // Two bodies of one message in flight together might change places when the first has to be tried again.
    const message =
      delivery.reading.kind === 'message'
        ? `${delivery.agentId}/${delivery.reading.message.messageId}`
        : null;
    const isFull =
      this.waiting.length >= AT_ONCE.deliveries || this.bytes + delivery.body.length > AT_ONCE.bytes;
    if (isFull || (message !== null && this.messages.has(message))) await this.send();
    if (message !== null) this.messages.add(message);
    if (line.id !== null) this.exported.add(delivery.id);
    this.waiting.push(delivery);
    this.bytes += delivery.body.length;
  }

  /** Sends what is read, once what was sent before is stored; the next is read meanwhile. */
  private async send(): Promise<void> {
    await this.sent;
    const [deliveries, exported, fileBytes] = [this.waiting, this.exported, this.fileBytes];
    this.waiting = [];
    this.exported = new Set();
    this.messages.clear();
    this.bytes = 0;
    this.fileBytes = 0;
    this.sent = this.storeAll(deliveries, exported).then(() => this.run.advance(fileBytes));
    // It is awaited before the next is sent, and may fail before that.
    this.sent.catch(() => {});
  }

  async flush(): Promise<void> {
    await this.send();
    await this.sent;
  }

  private async storeAll(deliveries: Delivery[], exported: Set<string>): Promise<void> {
    const known = await alreadyHere(this.run.client, deliveries, exported);
    this.counts.alreadyHere += known.size;
    const outcomes = await Promise.all(
      deliveries.filter(({ id }) => !known.has(id)).map((delivery) => this.store(delivery)),
    );
    for (const { kind } of outcomes) {
      if (kind === 'stored' || kind === 'revised' || kind === 'repeated' || kind === 'refused')
        this.counts[kind] += 1;
      else throw new Error(`The import cannot go on: ${REASONS[kind]}`);
    }
  }

  async end(): Promise<void> {
    await this.sent.catch(() => {});
    await revokeImportKeys(this.run.client, [...this.keys.values()]);
  }

  private async read({ body, agent, receivedAt, id }: ImportedBody): Promise<Delivery | null> {
    const agentId = agent ?? this.run.agent;
    let key = this.keys.get(agentId);
    if (key === undefined) {
      const made = await makeImportKey(this.run.client, agentId);
      key = made.id;
      this.keys.set(agentId, key);
      if (made.isNewAgent) this.madeAgents.push(agentId);
    }
    const delivery = readAsDelivery(body, receivedAt ?? new Date(), {
      id: key,
      label: 'import',
      scopes: ['ingest'],
      agentId,
    });
    return delivery && id !== null ? { ...delivery, id } : delivery;
  }

  /** What is told to come again comes again, as a sender would. */
  private async store(delivery: Delivery): Promise<Outcome> {
    for (;;) {
      try {
        return await this.run.writer.store(delivery);
      } catch (error) {
        if (!(error instanceof Problem) || error.getStatus() !== 503) throw error;
        await sleep(AGAIN_AFTER);
        if ((await alreadyHere(this.run.client, [delivery], new Set([delivery.id]))).size > 0)
          return { kind: delivery.reading.kind === 'message' ? 'stored' : 'repeated' };
      }
    }
  }
}

const REASONS = {
  unauthorized: 'its key was revoked.',
  'no-room':
    'a body could not be read, and no more such bodies fit into quarantine. Replay or dismiss some first.',
  settled: 'a delivery was replayed meanwhile.',
};
