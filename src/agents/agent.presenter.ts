import type { Agent } from '../database/generated/client.js';
import type { PriceRow } from './prices.sql.js';

export const presentAgent = ({ id, name, onInvalid, createdAt }: Agent): object => ({
  id,
  name,
  on_invalid: onInvalid,
  created_at: createdAt.toISOString(),
});

export const presentPrice = ({ from_day, currency, per_credit, recorded_at }: PriceRow): object => ({
  from: from_day,
  currency,
  per_credit,
  recorded_at: recorded_at.toISOString(),
});
