import { stretchAt } from './zone.js';

const MINUTE = 60_000;

/** `2026-10-03T04:02:03.000Z` */
export const formatInstant = (instant: Date): string => instant.toISOString();

/** The first instant whose clock RFC 3339, with its years of four digits, cannot write. */
const TOO_LATE = Date.parse('9999-12-31T23:59:59.999Z') + 1;

/**
 * `2026-10-01T00:00:00.000+02:00`, the same instant as clocks of a zone show it; UTC is `+00:00`, and so is what local
 * clocks show in the year 10000. Offsets of the days before standard time had seconds, which RFC 3339 cannot say: they
 * are cut to minutes, clock and offset alike.
 */
export function formatLocal(instant: Date, zone: string): string {
  const time = instant.getTime();
  const ahead = Math.trunc(stretchAt(zone, time).offset / MINUTE);
  const minutes = time + ahead * MINUTE < TOO_LATE ? ahead : 0;
  const clock = new Date(time + minutes * MINUTE).toISOString().slice(0, -1);
  const digits = (number: number) => String(number).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${clock}${minutes < 0 ? '-' : '+'}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}
