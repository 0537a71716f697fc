import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { DatabaseService } from '../database/database.service.js';
import type { RefusedAuthentication } from '../database/generated/client.js';
import { Problem } from '../errors/problem.js';
import { LOGGER } from '../logging.js';
import { FailedAttempts } from './failed-attempts.js';

/** Milliseconds between two savings. */
const SAVE_EVERY = 60_000;

/** Where somebody was refused, and where the token was that nobody knows; `nothing` is a sender that sets no header. */
export interface Refusal {
  lane: 'webhook' | 'v1';
  presented: 'nothing' | 'header' | 'path';
  address: string;
}

interface Tally extends Refusal {
  count: number;
  firstAt: Date;
  lastAt: Date;
}

const SAVE = `
insert into refused_authentication as known (lane, presented, count, first_at, last_at, last_address)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::text[])
on conflict (lane, presented) do update set
  count = known.count + excluded.count, last_at = greatest(known.last_at, excluded.last_at),
  last_address = case when excluded.last_at >= known.last_at then excluded.last_address else known.last_address end`;

/** Answers those whom no key belongs to, and remembers that they came: at most one tally for each lane and kind. */
@Injectable()
export class RefusalsService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly attempts = new FailedAttempts();
  private readonly tallies = new Map<string, Tally>();
  private saving: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: DatabaseService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.saveQuietly(), SAVE_EVERY).unref();
  }

  /**
   * What to answer: 401, or 429 where this address presented too many wrong tokens. No token at all is no attempt to
   * guess one, so it is always 401.
   */
  async refuse(refusal: Refusal): Promise<Problem> {
    this.count(refusal);
    const seconds = refusal.presented === 'nothing' ? 0 : await this.attempts.add(refusal.address);
    if (seconds === 0) return unauthorized();
    return new Problem(
      429,
      `Too many wrong tokens came from this address. Try again in ${seconds} s; a valid token is answered at any time.`,
      [],
      { 'retry-after': String(seconds) },
    );
  }

  /** All tallies, of every process up to its last saving. */
  async list(): Promise<RefusedAuthentication[]> {
    await this.save();
    return this.database.prisma.refusedAuthentication.findMany({ orderBy: { lastAt: 'desc' } });
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.saveQuietly();
  }

  private count({ lane, presented, address }: Refusal): void {
    const now = new Date();
    const key = `${lane}/${presented}`;
    const { count, firstAt } = this.tallies.get(key) ?? { count: 0, firstAt: now };
    this.tallies.set(key, { lane, presented, address, count: count + 1, firstAt, lastAt: now });
  }

  /** One saving after the other: two at a time would count the same refusals twice. */
  private save(): Promise<void> {
    this.saving = this.saving.catch(() => {}).then(() => this.saveNow());
    return this.saving;
  }

  private async saveNow(): Promise<void> {
    const saved = [...this.tallies];
    if (saved.length === 0) return;
    const column = (name: keyof Tally) => saved.map(([, tally]) => tally[name]);
    await this.database.pool.query(SAVE, [
      column('lane'),
      column('presented'),
      column('count'),
      column('firstAt'),
      column('lastAt'),
      column('address'),
    ]);
    for (const [key, { count }] of saved) {
      const tally = this.tallies.get(key);
      if (!tally || tally.count === count) this.tallies.delete(key);
      else this.tallies.set(key, { ...tally, count: tally.count - count });
    }
  }

  private async saveQuietly(): Promise<void> {
    await this.save().catch((error) =>
      this.logger.warn({ err: error }, 'refused authentications could not be saved'),
    );
  }
}

export const unauthorized = () =>
  new Problem(401, 'The token is missing, unknown, expired or revoked.', [], {
    'www-authenticate': 'Bearer realm="Convoledger", Basic realm="Convoledger"',
  });
