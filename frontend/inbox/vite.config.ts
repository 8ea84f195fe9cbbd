import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, type PluginOption, type UserConfig } from 'vite';

const backend = process.env.AFTERCARE_URL ?? 'http://127.0.0.1:8000';

/** The fixture server mirrors the API in memory, so that screens can be seen without a backend. Never built in. */
async function fixturePlugin(mode: string): Promise<PluginOption[]> {
  if (mode !== 'fixture') return [];
  const { fixtureServer } = await import('../fixture-server/plugin.ts');
  return [fixtureServer()];
}

export default defineConfig(async ({ mode }): Promise<UserConfig> => ({
  plugins: [sveltekit(), ...(await fixturePlugin(mode))],
  build: { target: 'es2022', modulePreload: { polyfill: false } },
  server: {
    port: 5173,
    fs: { allow: ['..'] },
    proxy:
      mode === 'fixture'
        ? {}
        : {
            '/api': backend,
            '/_allauth': backend,
            '/csat': backend,
            '/ws': { target: backend.replace('http', 'ws'), ws: true },
          },
  },
}));
