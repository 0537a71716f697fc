import { Module } from '@nestjs/common';
import { RetentionService } from './retention.service.js';

/** Keeps the disk in bounds, where RETAIN_RAW_DAYS or RETAIN_CONTENT_DAYS say so. */
@Module({ providers: [RetentionService] })
export class RetentionModule {}
