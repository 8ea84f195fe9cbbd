import adapter from '@sveltejs/adapter-static';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

/** A single page: Django serves build/index.html for every address that is not its own. */
export default {
  preprocess: vitePreprocess(),
  kit: {
    adapter: adapter({ pages: 'build', assets: 'build', fallback: 'index.html' }),
    appDir: 'app-assets',
    alias: { $features: 'src/features' },
    prerender: { entries: [] },
    paths: { relative: false },
    // Registered by the app once it stands, so that it costs the first load nothing.
    serviceWorker: { register: false },
    version: { pollInterval: 10 * 60_000 },
  },
};
