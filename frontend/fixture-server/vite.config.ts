import { fileURLToPath } from 'node:url';
import { defineConfig, type ProxyOptions } from 'vite';
import { fixtureServer } from './plugin.ts';

const backend = process.env.AFTERCARE_URL;
const proxy: Record<string, ProxyOptions> = Object.fromEntries(
  ['/api', '/_allauth', '/csat', '/ws'].map((path) => [
    path,
    { target: backend, ws: path === '/ws', changeOrigin: false },
  ]),
);

/** Serves the built app with the made-up shop behind it, or in front of a running server (AFTERCARE_URL). */
export default defineConfig({
  root: fileURLToPath(new URL('../inbox', import.meta.url)),
  appType: 'spa',
  build: { outDir: 'build' },
  plugins: backend ? [] : [fixtureServer()],
  preview: { port: Number(process.env.PORT ?? 5199), host: '127.0.0.1', proxy: backend ? proxy : {} },
});
