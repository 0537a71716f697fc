import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Access } from '../access/access.js';
import { Problem, RETRY_AFTER } from '../errors/problem.js';
import { TZDATA } from '../time/tzdata.js';
import { Alive, Ready } from './health.answers.js';
import { HealthService } from './health.service.js';

@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** The process answers. Says nothing about the database: restarting us would not mend it. */
  @Get('live')
  @ApiOperation({ summary: 'The process answers' })
  @ApiOkResponse({ type: Alive })
  @Access('anyone')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Deliveries can be taken and questions answered now. */
  @Get('ready')
  @ApiOperation({ summary: 'Deliveries can be taken and questions answered now' })
  @ApiOkResponse({ type: Ready })
  @Access('anyone')
  async ready(): Promise<object> {
    const checks = await this.health.check();
    const failed = Object.entries(checks).filter(([, check]) => check !== 'ok');
    if (failed.length === 0) return { status: 'ok', checks, tzdata: TZDATA };
    throw new Problem(
      503,
      `Not ready: ${failed.map(([name]) => name).join(', ')}.`,
      [],
      { 'retry-after': RETRY_AFTER },
      { checks, tzdata: TZDATA },
    );
  }
}
