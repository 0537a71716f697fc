// Baseline (c): Nest, ValidationPipe over nested DTO classes, and Prisma with one interactive transaction per delivery, as
// a tutorial would write it. The same four rows as (b). DATABASE_URL names a database with Convoledger's tables.
// Decorators are called by hand, since this file is run as it is.
import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { PrismaPg } from '@prisma/adapter-pg';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsNumber, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { PrismaClient } from '../dist/database/generated/client.js';

const AGENT = 'default';
const NOBODY = '00000000-0000-7000-8000-000000000000';
const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 32 }),
});

/** Declares a DTO class: the decorators of each field, and of nested ones the class. */
function dto(fields, nested = {}) {
  const Dto = class {};
  for (const [name, decorators] of Object.entries(fields))
    for (const decorate of decorators) decorate(Dto.prototype, name);
  for (const [name, type] of Object.entries(nested)) {
    for (const decorate of [IsOptional(), ValidateNested({ each: true }), Type(() => type)])
      decorate(Dto.prototype, name);
  }
  return Dto;
}
const all = (names, ...decorators) => Object.fromEntries(names.map((name) => [name, decorators]));
const count = [IsOptional(), IsInt(), Min(0)];
const Details = dto(all(['text_tokens', 'audio_tokens', 'reasoning_tokens'], ...count));
const Tokens = dto(all(['total_tokens', 'prompt_tokens', 'completion_tokens'], ...count), {
  prompt_tokens_details: Details,
  completion_tokens_details: Details,
});
const CREDITS = ['total', 'text_input', 'text_output', 'audio_input', 'audio_output'];
const Credits = dto(
  all(
    CREDITS.map((name) => `${name}_credits`),
    IsOptional(),
    IsNumber(),
    Min(0),
  ),
);
const Usage = dto({}, { tokens: Tokens, credits: Credits });
const Content = dto({ text: [IsOptional(), IsString()], audio: [IsOptional(), IsArray()] });
const Piece = dto(all(['from_component_name', 'from_component_branch'], IsOptional(), IsString()), {
  content: Content,
});
const Delivery = dto(
  {
    ...all(['conversation_id', 'message_id'], IsString()),
    create_time: [IsNumber()],
    message_type: [IsOptional(), IsIn(['ANSWER', 'QUESTION'])],
    text: [IsOptional(), IsString()],
  },
  { output: Piece, usage: Usage },
);

class WebhookController {
  async receive(delivery) {
    const createTime = new Date(delivery.create_time * 1_000);
    const text = delivery.output?.[0]?.content?.text ?? delivery.text ?? null;
    const tokens = delivery.usage?.tokens.total_tokens ?? null;
    const credits = delivery.usage?.credits.total_credits ?? null;
    const id = delivery.message_id;
    const conversationId = delivery.conversation_id;
    await prisma.$transaction(
      async (tx) => {
        await tx.conversation.upsert({
          where: { agentId_id: { agentId: AGENT, id: conversationId } },
          create: {
            agentId: AGENT,
            id: conversationId,
            firstMessageAt: createTime,
            lastMessageAt: createTime,
            messages: 1,
          },
          update: { lastMessageAt: createTime },
        });
        const message = {
          conversationId,
          messageType: delivery.message_type ?? 'ANSWER',
          createTime,
          text,
          receivedAt: new Date(),
          recordedAt: new Date(),
          deliveryId: NOBODY,
        };
        await tx.message.upsert({
          where: { agentId_id: { agentId: AGENT, id } },
          create: { agentId: AGENT, id, ...message },
          update: message,
        });
        const piece = { createTime, messageType: message.messageType, text, audio: [], more: {} };
        await tx.flowOutput.upsert({
          where: { agentId_messageId_position: { agentId: AGENT, messageId: id, position: 1 } },
          create: { agentId: AGENT, messageId: id, position: 1, ...piece },
          update: piece,
        });
        const entry = {
          position: 1,
          kind: 'usage',
          conversationId,
          messageType: message.messageType,
          deliveryId: NOBODY,
          occurredAt: createTime,
          recordedAt: new Date(),
          reportersGained: 0,
          reportersLost: 0,
          totalTokens: tokens,
          totalCredits: credits,
        };
        await tx.usageEntry.upsert({
          where: { agentId_messageId_revision: { agentId: AGENT, messageId: id, revision: 1 } },
          create: { agentId: AGENT, messageId: id, revision: 1, ...entry },
          update: {},
        });
      },
      { maxWait: 30_000, timeout: 30_000 },
    );
    return { code: 200, msg: 'success' };
  }
}
const receive = Object.getOwnPropertyDescriptor(WebhookController.prototype, 'receive');
Controller('webhook')(WebhookController);
Post()(WebhookController.prototype, 'receive', receive);
HttpCode(200)(WebhookController.prototype, 'receive', receive);
Body(new ValidationPipe({ transform: true, expectedType: Delivery }))(
  WebhookController.prototype,
  'receive',
  0,
);
class AppModule {}
Module({ controllers: [WebhookController] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
console.log(JSON.stringify({ port: app.getHttpServer().address().port }));
process.on('SIGTERM', () => process.exit(0));
