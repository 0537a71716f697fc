/** An instant as the clocks of a zone show it: `2026-10-03 06:02:03`. */
export function showInstant(instant: string | null | undefined, tz: string): string {
  if (!instant) return '–';
  return formatter(tz).format(new Date(instant)).replace(',', '');
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(tz: string): Intl.DateTimeFormat {
  const known = formatters.get(tz);
  if (known) return known;
  // Sweden writes dates as ISO 8601 does.
  const made = new Intl.DateTimeFormat('sv-SE', {
    timeZone: tz,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  formatters.set(tz, made);
  return made;
}

/** The date that the calendars of a zone show now. */
export const todayIn = (tz: string): string => showInstant(new Date().toISOString(), tz).slice(0, 10);

export function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

export const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')];
