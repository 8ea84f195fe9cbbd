import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';
import { firstWords } from '../scripts/first-words.ts';

const backend = process.env.AFTERCARE_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [firstWords(), sveltekit()],
  build: { target: 'es2022', modulePreload: { polyfill: false } },
  server: {
    port: 5173,
    fs: { allow: ['..'] },
    proxy: {
      '/api': backend,
      '/_allauth': backend,
      '/csat': backend,
      '/ws': { target: backend.replace('http', 'ws'), ws: true },
    },
  },
});
