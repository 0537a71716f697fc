import { validate, version } from 'uuid';

/** When a delivery arrived, as its id tells (UUID version 7), or null for what is no delivery's id. */
export function instantInside(id: string): Date | null {
  if (!validate(id) || version(id) !== 7) return null;
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
