import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { Access } from '../access/access.js';
import { MetricsService } from './metrics.service.js';

@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: MetricsService) {}

  /** A scraper on the same machine needs no token. */
  @Get()
  @ApiOperation({ summary: 'Counts and times for Prometheus' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  @Access('read-or-local')
  text(): Promise<string> {
    return this.metrics.text();
  }
}
