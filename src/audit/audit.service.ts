import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { addressOf } from '../access/address.js';
import { DatabaseService } from '../database/database.service.js';
import { Prisma } from '../database/generated/client.js';

/** Something an operator will want to know of later: which verb, on what. Never a token or a message's text. */
export interface AuditedAction {
  /** As `key.revoked`, `price.added`, `statement.closed`, `export.read`. */
  action: string;
  agentId?: string | null;
  /** The id of what it was done to. */
  subject?: string | null;
  details?: Prisma.InputJsonObject;
}

@Injectable()
export class AuditService {
  constructor(private readonly database: DatabaseService) {}

  /**
   * Records what the caller of a request did. Hand in the transaction that does it, so that neither happens without
   * the other.
   */
  async record(
    request: FastifyRequest,
    done: AuditedAction,
    transaction?: Prisma.TransactionClient,
  ): Promise<void> {
    const client = transaction ?? this.database.prisma;
    await client.auditEvent.create({
      data: {
        keyId: request.key?.id ?? null,
        keyLabel: request.key?.label ?? null,
        address: addressOf(request),
        action: done.action,
        agentId: done.agentId ?? null,
        subject: done.subject ?? null,
        details: done.details ?? Prisma.DbNull,
      },
    });
  }
}
