import { Injectable } from '@nestjs/common';
import type { Key } from '../access/key.js';
import { KeysService } from '../access/keys.service.js';
import { unauthorized } from '../access/refusals.service.js';
import { Problem, unavailable } from '../errors/problem.js';
import { type CountedOutcome, Metrics } from '../metrics/metrics.js';
import { type Outcome, readAsDelivery } from './delivery.js';
import { Turns } from './turns.js';
import { WriterService } from './writer.service.js';

const SUCCESS = { code: 200, msg: 'success' } as const;

@Injectable()
export class WebhookService {
  private readonly readings = new Turns();

  constructor(
    private readonly writer: WriterService,
    private readonly keys: KeysService,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Keeps a delivery, and answers only after the commit.
   * @throws 400 with the id under which a refused body is in quarantine; 401 for a key revoked meanwhile; 503
   */
  async receive(body: Buffer, key: Key): Promise<typeof SUCCESS> {
    const { agentId } = key;
    if (agentId === null)
      throw new Problem(403, 'This key belongs to no agent, so its deliveries cannot be attributed.');
    await this.readings.next();
    const delivery = readAsDelivery(body, new Date(), { ...key, agentId });
    if (delivery === null) {
      if (!(await this.keys.isLive(key.id))) throw this.refuse(key);
      this.metrics.countDelivery('probe');
      return SUCCESS;
    }
    const outcome = await this.writer.store(delivery).catch((error: unknown) => {
      this.metrics.countDelivery('unavailable');
      throw error;
    });
    this.metrics.countDelivery(asCounted(outcome.kind));
    if (outcome.kind === 'unauthorized') throw this.refuse(key);
    if (outcome.kind === 'no-room')
      throw unavailable('The body could not be read, and no more such bodies fit into quarantine.');
    if (outcome.kind === 'refused' && !outcome.accepted) {
      throw new Problem(
        400,
        outcome.isKept
          ? 'The delivery could not be read. Its bytes are kept in quarantine.'
          : 'The delivery could not be read. Its message was erased, so its bytes are not kept.',
        outcome.problems,
        {},
        { delivery_id: outcome.deliveryId },
      );
    }
    return SUCCESS;
  }

  /** A key that was remembered, and is no longer live. */
  private refuse({ id }: Key): Problem {
    this.keys.forget(id);
    return unauthorized();
  }
}

/** What has no room in quarantine is told to come again, like all that cannot be stored now. */
const asCounted = (kind: Outcome['kind']): CountedOutcome =>
  kind === 'no-room' || kind === 'settled' ? 'unavailable' : kind;
