export const formatInstant = (d: Date) => d.toISOString();
export const formatLocal = (d: Date, _tz: string) => d.toISOString().replace('Z', '+00:00');
