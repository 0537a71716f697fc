import { Injectable } from '@nestjs/common';
import { hashToken, makeToken } from '../access/token.js';
import { DatabaseService } from '../database/database.service.js';

/** Milliseconds for which a link signs in. */
const LIFE = 60 * 60 * 1_000;

/** Codes that sign in once, as the link that the first start prints. They live in this process, and only as hashes. */
@Injectable()
export class SignInLinks {
  private readonly open = new Map<string, { keyId: string; until: number }>();

  constructor(private readonly database: DatabaseService) {}

  /** @returns a code for the administrator's first key, or null where that key is not live. */
  async make(): Promise<string | null> {
    const key = await this.database.prisma.apiKey.findFirst({
      where: { origin: 'ADMIN_TOKEN', revokedAt: null },
    });
    if (!key) return null;
    const code = makeToken();
    this.open.set(nameOf(code), { keyId: key.id, until: Date.now() + LIFE });
    return code;
  }

  /** The id of the key that a code signs in with; from then on the code is worth nothing. */
  use(code: string): string | null {
    const name = nameOf(code);
    const link = this.open.get(name);
    this.open.delete(name);
    return link && link.until > Date.now() ? link.keyId : null;
  }
}

const nameOf = (code: string) => hashToken(code).toString('hex');
