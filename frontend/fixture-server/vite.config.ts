import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { fixtureServer } from './plugin.ts';

/** Serves the built app with the made-up shop behind it. */
export default defineConfig({
  root: fileURLToPath(new URL('../inbox', import.meta.url)),
  appType: 'spa',
  build: { outDir: 'build' },
  plugins: [fixtureServer()],
  preview: { port: 5199, host: '127.0.0.1' },
});
