import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { notFound } from '../errors/problem.js';
import { describeApi } from './document.js';

/** The files of the page, by where they come from; nothing is loaded from another server. */
const UI_FILES: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const locate = createRequire(import.meta.url).resolve;

/** The description of the API, and the page that shows it. */
@Injectable()
export class OpenApiService {
  private app: NestFastifyApplication;
  private made: OpenAPIObject | undefined;

  /** Told once all modules are there; the document itself is made when somebody asks for it. */
  describe(app: NestFastifyApplication): void {
    this.app = app;
  }

  document(): OpenAPIObject {
    this.made ??= describeApi(this.app);
    return this.made;
  }

  /** @throws 404 for anything but the few files that the page needs */
  async file(name: string): Promise<{ type: string; bytes: Buffer }> {
    const type = Object.hasOwn(UI_FILES, name) ? UI_FILES[name] : undefined;
    if (!type) throw notFound('file');
    return { type, bytes: await readFile(locate(`swagger-ui-dist/${name}`)) };
  }
}
