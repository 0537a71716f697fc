import type { Deliveries } from './batch-transaction.js';
import type { Delivery } from './delivery.js';
import { isPlain } from './first-rows.js';
import { messageKey } from './plan-batch.js';
import type { Waiting } from './waiting-line.js';

/**
 * Parts deliveries into those that may simply be stored and those to be decided about. Of several bodies of one message none
 * is tried: left out, the first of them would come after the others.
 */
export function divide(waiting: Waiting[]): Deliveries {
  const counts = new Map<string, number>();
  for (const { delivery } of waiting) counts.set(nameOf(delivery), (counts.get(nameOf(delivery)) ?? 0) + 1);
  const divided: Deliveries = { firsts: [], others: [] };
  for (const { delivery, isKnown } of waiting) {
    if (!isKnown && isPlain(delivery) && counts.get(nameOf(delivery)) === 1) divided.firsts.push(delivery);
    else divided.others.push(delivery);
  }
  return divided;
}

/** The message that a delivery is of; the same for all that are of none. */
export const nameOf = ({ agentId, reading }: Delivery): string =>
  reading.kind === 'message' ? messageKey(agentId, reading.message.messageId) : '';
