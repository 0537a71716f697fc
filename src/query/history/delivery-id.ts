import { validate, version } from 'uuid';

const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** When a delivery arrived, as its id tells (UUID version 7), or null for what is no delivery's id. */
export function instantInside(id: string): Date | null {
  if (!validate(id) || version(id) !== 7) return null;
  const milliseconds = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  // PostgreSQL does not read years of more than four digits as they are written here.
  return milliseconds > LATEST ? null : new Date(milliseconds);
}
