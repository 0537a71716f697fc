import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** Wrong tokens that one address may present within a window before it is told to wait. */
export const FAILURES = 60;
/** Seconds. */
const WINDOW = 60;

/** Counts wrong tokens by the address they came from. What is valid never gets here, so it is never limited. */
export class FailedAttempts {
  private readonly limiter = new RateLimiterMemory({ points: FAILURES, duration: WINDOW });

  /** @returns the whole seconds that the address has to wait, 0 where it has attempts left. */
  async add(address: string): Promise<number> {
    try {
      await this.limiter.consume(bucketOf(address));
      return 0;
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return Math.max(1, Math.ceil(refused.msBeforeNext / 1_000));
      throw refused;
    }
  }
}

/**
 * One of 65,536 buckets, so that memory is bounded whoever calls. Addresses that share one share their attempts, which
 * turns a 401 into a 429 for somebody who was refused anyway. A host of IPv6 has a whole /64 to itself.
 */
function bucketOf(address: string): number {
  const holder = isIPv6(address) ? networkOf(address) : address;
  return createHash('sha256').update(holder).digest().readUInt16BE();
}

/** The /64 of an IPv6 address. One that stands for an IPv4 address is that address. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    // An IPv4 address at the end takes the place of two groups.
    const taken = groups.length + rest.length + (tail.includes('.') ? 1 : 0);
    groups.push(...Array.from({ length: 8 - taken }, () => '0'), ...rest);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
