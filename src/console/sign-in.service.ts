import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { hasScope } from '../access/access.js';
import { addressOf } from '../access/address.js';
import type { Key } from '../access/key.js';
import { KeysService } from '../access/keys.service.js';
import { RefusalsService } from '../access/refusals.service.js';
import { requireOwnPage, SessionsService } from '../access/sessions.service.js';
import { AuditService } from '../audit/audit.service.js';
import { DatabaseService } from '../database/database.service.js';
import { Problem, unavailable } from '../errors/problem.js';
import type { SignIn } from './session.dto.js';
import { SignInLinks } from './sign-in-links.js';

@Injectable()
export class SignInService {
  constructor(
    private readonly database: DatabaseService,
    private readonly keys: KeysService,
    private readonly sessions: SessionsService,
    private readonly refusals: RefusalsService,
    private readonly links: SignInLinks,
    private readonly audit: AuditService,
  ) {}

  /**
   * The id of the key that a token or a link stands for.
   * @throws 401 and 429 as everywhere; 403 for a key that can only send, or a request of another site's page
   */
  async check(request: FastifyRequest, { token, code }: SignIn): Promise<string> {
    requireOwnPage(request);
    if (!this.database.prepared) throw unavailable('The database is not ready yet.');
    const key = code ? await this.ofLink(code) : await this.keys.find(token ? [token.trim()] : []);
    if (!key) {
      const presented = token || code ? 'header' : 'nothing';
      throw await this.refusals.refuse({ lane: 'v1', address: addressOf(request), presented });
    }
    if (!hasScope(key, 'read')) {
      throw new Problem(
        403,
        'This key can only send messages. Sign in with one of the scope read, finance or admin.',
      );
    }
    request.key = key;
    const details = { by: code ? 'link' : 'token' };
    await this.audit.record(request, { action: 'console.signed_in', subject: key.id, details });
    return key.id;
  }

  private async ofLink(code: string): Promise<Key | null> {
    const keyId = this.links.use(code);
    return keyId === null ? null : this.sessions.liveKey(keyId);
  }
}
