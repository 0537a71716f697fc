import { Body, Controller, Delete, Get, Header, HttpCode, Post, Req, Res, UsePipes } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, allScopes } from '../access/access.js';
import { SessionsService } from '../access/sessions.service.js';
import { Config } from '../config.js';
import { strict } from '../errors/strict.pipe.js';
import { SignIn } from './session.dto.js';
import { SignInService } from './sign-in.service.js';

/** The page's session. The token that somebody signs in with is checked and forgotten: the page keeps nothing. */
@ApiExcludeController()
@UsePipes(strict())
@Controller('console/session')
export class SessionController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly signIn: SignInService,
    private readonly config: Config,
  ) {}

  /** Who is signed in, so that the page shows only what the key may do; `session` is null for nobody. */
  @Get()
  @Access('anyone')
  @Header('cache-control', 'no-store')
  async who(@Req() request: FastifyRequest): Promise<object> {
    const key = await this.sessions.find(request);
    const session = key && { key_id: key.id, label: key.label, scopes: allScopes(key), agent: key.agentId };
    return { session, report_tz: this.config.reportTz };
  }

  @Post()
  @HttpCode(204)
  @Access('anyone')
  async begin(
    @Req() request: FastifyRequest,
    @Body() presented: SignIn,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.begin(request, reply, await this.signIn.check(request, presented));
  }

  @Delete()
  @HttpCode(204)
  @Access('anyone')
  end(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): void {
    this.sessions.end(request, reply);
  }
}
