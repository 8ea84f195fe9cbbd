import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  resolve: {
    conditions: ['browser'],
    alias: {
      $lib: fileURLToPath(new URL('./inbox/src/lib', import.meta.url)),
      $features: fileURLToPath(new URL('./inbox/src/features', import.meta.url)),
      '$app/environment': fileURLToPath(new URL('./inbox/tests/fake-environment.ts', import.meta.url)),
      '$app/navigation': fileURLToPath(new URL('./inbox/tests/fake-navigation.ts', import.meta.url)),
      '$app/state': fileURLToPath(new URL('./inbox/tests/fake-state.ts', import.meta.url)),
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['shared/**/*.test.ts', 'inbox/**/*.test.ts', 'widget/**/*.test.ts'],
  },
});
