import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { DatabaseService } from '../database/database.service.js';
import { Metrics } from '../metrics/metrics.js';
import { TZDATA } from '../time/tzdata.js';
import { QUARANTINE_BOUND } from '../webhook/quarantine/room.js';
import { HealthService } from './health.service.js';

/** Milliseconds for which what was asked of the database is good: several scrapers cost what one does. */
const REMEMBERED = 10_000;
/** Milliseconds: what the database does not say by then is left out, so that a scrape is answered when it is away. */
const TIMEOUT = 2_000;

interface AgentRow {
  id: string;
  quarantined: string;
  quarantined_bytes: string;
  last_delivery: string | null;
}

const AGENTS = `
select a.id,
  coalesce((select s.deliveries from quarantine_size s where s.agent_id = a.id), 0) as quarantined,
  coalesce((select s.bytes from quarantine_size s where s.agent_id = a.id), 0) as quarantined_bytes,
  (select extract(epoch from d.received_at)::float8 from delivery d where d.agent_id = a.id
   order by d.received_at desc limit 1) as last_delivery
from agent a order by a.id limit 1000`;

const LAST_BACKUP = `
select extract(epoch from max(at))::float8 as seconds from audit_event where action = 'backup.made'`;

/** What is only known when somebody asks. */
@Injectable()
export class MetricsService {
  private readonly quarantined: Gauge<'agent'>;
  private readonly quarantineFill: Gauge<'agent'>;
  private readonly lastDelivery: Gauge<'agent'>;
  private readonly lastBackup: Gauge;
  private readonly ready: Gauge;
  private last:
    | { rows: Promise<AgentRow[] | null>; backup: Promise<number | null>; until: number }
    | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly database: DatabaseService,
    private readonly health: HealthService,
  ) {
    const registers = [metrics.registry];
    this.quarantined = new Gauge({
      name: 'convoledger_quarantine_waiting',
      help: 'Refused bodies that wait to be replayed or dismissed.',
      labelNames: ['agent'],
      registers,
    });
    this.quarantineFill = new Gauge({
      name: 'convoledger_quarantine_fill_ratio',
      help: 'What waits in quarantine as a share of what may; at 1 further bodies that cannot be read are answered 503.',
      labelNames: ['agent'],
      registers,
    });
    this.lastDelivery = new Gauge({
      name: 'convoledger_last_delivery_timestamp_seconds',
      help: 'When the last delivery of an agent arrived, in seconds since 1970.',
      labelNames: ['agent'],
      registers,
    });
    this.lastBackup = new Gauge({
      name: 'convoledger_last_backup_timestamp_seconds',
      help: 'When the last backup of this instance was complete, in seconds since 1970; absent if there was none.',
      registers,
    });
    this.ready = new Gauge({
      name: 'convoledger_ready',
      help: '1 where deliveries can be taken and questions answered, as /health/ready says.',
      registers,
    });
    const tzdata = new Gauge({
      name: 'convoledger_tzdata_info',
      help: 'Always 1; the label is the version of the time zone rules by which local days are computed.',
      labelNames: ['version'],
      registers,
    });
    tzdata.set({ version: TZDATA }, 1);
    const { pool } = database;
    const connections = new Gauge({
      name: 'convoledger_pool_connections',
      help: 'Connections of the pool that answers questions, and requests that wait for one.',
      labelNames: ['state'],
      registers,
      collect: () => {
        connections.set({ state: 'total' }, pool.totalCount);
        connections.set({ state: 'idle' }, pool.idleCount);
        connections.set({ state: 'waiting' }, pool.waitingCount);
      },
    });
  }

  /** In Prometheus' text format. */
  async text(): Promise<string> {
    this.look();
    const [rows, backup, checks] = await Promise.all([
      this.last?.rows,
      this.last?.backup,
      this.health.check(),
    ]);
    this.ready.set(Object.values(checks).every((check) => check === 'ok') ? 1 : 0);
    // An agent of which nothing is known now has no line: an old number would look like a new one.
    this.quarantined.reset();
    this.quarantineFill.reset();
    this.lastDelivery.reset();
    this.lastBackup.remove();
    if (backup) this.lastBackup.set(backup);
    for (const { id, quarantined, quarantined_bytes, last_delivery } of rows ?? []) {
      this.quarantined.set({ agent: id }, Number(quarantined));
      const { deliveries, bytes } = QUARANTINE_BOUND;
      const fill = Math.max(Number(quarantined) / deliveries, Number(quarantined_bytes) / bytes);
      this.quarantineFill.set({ agent: id }, fill);
      if (last_delivery !== null) this.lastDelivery.set({ agent: id }, Number(last_delivery));
    }
    return this.metrics.registry.metrics();
  }

  private look(): void {
    if (this.last && this.last.until >= Date.now()) return;
    this.last = {
      rows: this.ask<AgentRow>(AGENTS),
      backup: this.ask<{ seconds: number | null }>(LAST_BACKUP).then((rows) => rows?.[0]?.seconds ?? null),
      until: Date.now() + REMEMBERED,
    };
  }

  private async ask<Row extends object>(sql: string): Promise<Row[] | null> {
    if (!this.database.prepared) return null;
    const late = new Promise<null>((resolve) => setTimeout(resolve, TIMEOUT, null).unref());
    const asked = this.database.lookups.query<Row>(sql).then(
      ({ rows }) => rows,
      () => null,
    );
    return Promise.race([asked, late]);
  }
}
