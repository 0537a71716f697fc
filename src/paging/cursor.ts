import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import { badRequest } from '../errors/problem.js';

/** Half of a SHA-256: enough to make guessing hopeless, short enough for an address. */
const SIGNATURE_BYTES = 16;

/** The sort key of the last row of a page: what the next page begins after. */
export type Position = (string | null)[];

/**
 * Makes and checks cursors. A cursor is the last row's sort key, signed together with the question it belongs to, so
 * that one that was changed, or is of another list, is told apart instead of answering something nobody asked.
 */
@Injectable()
export class Cursors {
  private key: Uint8Array | undefined;

  constructor(private readonly database: DatabaseService) {}

  /**
   * The row that a page of a list over several agents begins after, or null for the first page.
   * @throws 400 as `read` does
   */
  async readRow(
    question: unknown,
    cursor: string | undefined,
  ): Promise<{ key: string; agent: string; id: string } | null> {
    if (cursor === undefined) return null;
    const [key, agent, id] = (await this.read(question, cursor)) as [string, string, string];
    return { key, agent, id };
  }

  /** @param question the list and all parameters that decide which rows it has, in any JSON form. */
  async make(question: unknown, position: Position): Promise<string> {
    const payload = Buffer.from(JSON.stringify(position));
    return Buffer.concat([await this.sign(question, payload), payload]).toString('base64url');
  }

  /** @throws 400 for a cursor that was not made here for the same question. */
  async read(question: unknown, cursor: string): Promise<Position> {
    const bytes = Buffer.from(cursor, 'base64url');
    const payload = bytes.subarray(SIGNATURE_BYTES);
    const given = bytes.subarray(0, SIGNATURE_BYTES);
    const isOurs =
      bytes.toString('base64url') === cursor &&
      given.length === SIGNATURE_BYTES &&
      timingSafeEqual(given, await this.sign(question, payload));
    if (!isOurs) throw badRequest('cursor', 'must be the next_cursor of an earlier page of this same list');
    return JSON.parse(payload.toString()) as Position;
  }

  private async sign(question: unknown, payload: Buffer): Promise<Buffer> {
    const hmac = createHmac('sha256', await this.secret());
    hmac.update(JSON.stringify(question)).update('\0').update(payload);
    return hmac.digest().subarray(0, SIGNATURE_BYTES);
  }

  private async secret(): Promise<Uint8Array> {
    this.key ??= (await this.database.prisma.instance.findFirstOrThrow()).cursorKey;
    return this.key;
  }
}
