export const HOSTILE: Record<string, string>;
export function makeHostile(whose: string): string[];
