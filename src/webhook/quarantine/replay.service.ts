import { Injectable } from '@nestjs/common';
import { Problem, unavailable } from '../../errors/problem.js';
import { type Delivery, searchOf } from '../delivery.js';
import { type Reading, readDelivery } from '../read-delivery.js';
import { WriterService } from '../writer.service.js';
import type { WithBody } from './quarantine.sql.js';

/** Sends quarantined bytes through the door that every delivery comes in by. */
@Injectable()
export class ReplayService {
  constructor(private readonly writer: WriterService) {}

  /**
   * The delivery keeps its id and the time of its arrival, and its row in the archive becomes the row of a stored delivery.
   * What is plausible is measured by the time of now: where a wrong clock of ours had it refused, that can be mended.
   * @param keyId of the administrator who asks: it must still be good when the delivery is stored
   * @throws 410 where the bytes were erased; 503
   */
  async replay(row: WithBody, keyId: string): Promise<'stored' | 'waiting' | 'settled'> {
    if (row.quarantine !== 'waiting') return 'settled';
    if (row.body === null) throw new Problem(410, 'The bytes of this delivery were erased.');
    const body = Buffer.from(row.body);
    const reading = asDelivered(readDelivery(body, new Date()));
    const delivery: Delivery = {
      id: row.id,
      agentId: row.agent_id,
      keyId,
      receivedAt: row.received_at,
      body,
      sha256: row.sha256,
      reading,
      search: searchOf(reading),
      isReplay: true,
    };
    const outcome = await this.writer.store(delivery);
    switch (outcome.kind) {
      case 'settled':
        return 'settled';
      case 'refused':
        return 'waiting';
      case 'unauthorized':
        throw new Problem(401, 'The token was revoked meanwhile.');
      case 'no-room':
        throw unavailable('The quarantine has no room.');
      default:
        return 'stored';
    }
  }
}

/** Rules may change so that what was refused once is a probe today; nothing of it can be stored, so it goes on waiting. */
function asDelivered(reading: Reading): Delivery['reading'] {
  if (reading.kind !== 'probe') return reading;
  const problems = [{ field: 'istest', problem: 'says that this is a probe, of which nothing is stored' }];
  return { kind: 'refused', problems, conversationId: null, messageId: null };
}
