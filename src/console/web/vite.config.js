import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { defineConfig } from 'vite';

/** Compresses once, as hard as it goes, what would otherwise be compressed for each browser. */
const compressed = {
  name: 'compressed-assets',
  apply: 'build',
  writeBundle({ dir }) {
    const assets = join(dir, 'assets');
    for (const name of readdirSync(assets)) {
      if (/\.(js|css)$/.test(name)) {
        const path = join(assets, name);
        writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path)));
      }
    }
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  // The template's mark for the nonce, which the server puts in.
  html: { cspNonce: '__NONCE__' },
  plugins: [compressed],
  build: {
    emptyOutDir: true,
    // A preload that fails is only slower, and its helper would need inline code.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
