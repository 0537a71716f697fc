import { defineConfig } from 'prisma/config';

// Prisma 7 generates the client without its schema engine, but still wants to download it first.
// Any executable stands in for it, so that nothing is fetched.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});
