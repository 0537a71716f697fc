import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

/** PostgreSQL that cannot write its log stops, so no delivery is taken when less than this is free. */
export const LEAST_BYTES = 256 * 1024 * 1024;
/** Milliseconds between two looks: at 100 MB/s of deliveries the reserve lasts longer than one of them. */
const LOOK_EVERY = 2_000;

/** Watches the space that is left beside the embedded database. The disk of another server cannot be seen from here. */
@Injectable()
export class DiskSpace implements OnModuleInit, OnApplicationShutdown {
  /** Why no delivery can be taken, as a sentence; null while there is room. */
  low: string | null = null;
  leastBytes = LEAST_BYTES;
  private timer: NodeJS.Timeout | undefined;

  /** @param folder of the embedded database; null where there is none. */
  constructor(private readonly folder: string | null) {}

  async onModuleInit(): Promise<void> {
    if (this.folder === null) return;
    await this.look();
    this.timer = setInterval(() => void this.look(), LOOK_EVERY).unref();
  }

  async look(): Promise<void> {
    if (this.folder === null) return;
    const free = await freeBytes(this.folder).catch(() => null);
    // A look that fails says nothing about the space: PostgreSQL itself will say what it cannot write.
    this.low =
      free !== null && free < this.leastBytes
        ? 'There is hardly any disk space left for the database.'
        : null;
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}

/** Of the file system that a folder, or the nearest folder above it that is there, belongs to. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const above = dirname(folder);
    if (above === folder) throw error;
    return freeBytes(above);
  }
}
