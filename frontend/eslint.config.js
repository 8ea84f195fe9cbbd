import js from '@eslint/js';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

/** Only shared/api may fetch and only shared/live may open a socket. */
const singleDoors = {
  'no-restricted-globals': [
    'error',
    { name: 'fetch', message: 'Talk to the server through @aftercare/api.' },
    { name: 'WebSocket', message: 'Talk to the server through @aftercare/live.' },
    { name: 'XMLHttpRequest', message: 'Talk to the server through @aftercare/api.' },
  ],
};

export default ts.config(
  { ignores: ['**/node_modules/', '**/.svelte-kit/', '**/build/', 'shared/api/src/schema.d.ts'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      'no-undef': 'off',
      'svelte/no-navigation-without-resolve': 'off',
      'svelte/prefer-svelte-reactivity': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  { files: ['inbox/src/**', 'shared/ui/**'], rules: singleDoors },
  // The service worker stands between the page and the network; it never asks the API itself.
  { files: ['inbox/src/service-worker.ts'], rules: { 'no-restricted-globals': 'off' } },
);
