// A Vite plugin: the build keeps only those English words in the first load that its screens can say.
//
// `words/en.ts` becomes the words named by modules that the inbox loads at once; `words/en.ts?later`
// has the rest. Which ones these are is read from the sources, so nobody keeps a list.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const frontend = fileURLToPath(new URL('..', import.meta.url));
const routes = resolve(frontend, 'inbox/src/routes');
const ENTRIES = [
  '+layout.svelte',
  '+layout.ts',
  '+error.svelte',
  'login/+page.svelte',
  '(app)/+layout.svelte',
  '(app)/inbox/[view]/[[ticket]]/+page.svelte',
  '../features/ticket/ConversationPane.svelte',
  '../features/customer/CustomerPane.svelte',
].map((name) => resolve(routes, name));
const ALIASES: [RegExp, string][] = [
  [/^\$lib\//, 'inbox/src/lib/'],
  [/^\$features\//, 'inbox/src/features/'],
  [/^@aftercare\/(\w+)$/, 'shared/$1/src/index.ts'],
  [/^@aftercare\/(\w+)\//, 'shared/$1/src/'],
];
const IMPORT = /(?:^|[;\s])(?:import|export)\s(?:[^'"();]*?\sfrom\s*)?['"]([^'"]+)['"]/g;
const LATER = '?later';

function findFile(path: string): string | undefined {
  const names = ['', '.ts', '.svelte.ts', '/index.ts'].map((ending) => path + ending);
  return names.find((name) => existsSync(name) && statSync(name).isFile());
}

function fileOf(imported: string, importer: string): string | undefined {
  if (imported.startsWith('.')) return findFile(resolve(dirname(importer), imported));
  const alias = ALIASES.find(([pattern]) => pattern.test(imported));
  return alias && findFile(resolve(frontend, imported.replace(alias[0], alias[1])));
}

/** The sources of everything that is loaded at once, words apart. */
function firstSources(): string[] {
  const sources = new Map<string, string>();
  const visit = (file: string | undefined): void => {
    if (!file || sources.has(file) || /\/words\/\w+\.ts$/.test(file)) return;
    const source = readFileSync(file, 'utf8');
    sources.set(file, source);
    for (const [, imported = ''] of source.matchAll(IMPORT)) visit(fileOf(imported, file));
  };
  ENTRIES.forEach(visit);
  return [...sources.values()];
}

/** Keys of the catalogue that these sources name, also by a beginning: t(`status.${status}`). */
export function namedKeys(keys: readonly string[], sources: readonly string[]): string[] {
  const literals = new Set<string>();
  const beginnings = new Set<string>();
  for (const source of sources) {
    for (const [, literal = ''] of source.matchAll(/['"`]([A-Za-z]+(?:\.\w+)+)['"`]/g)) literals.add(literal);
    for (const [, beginning = ''] of source.matchAll(/`([A-Za-z]+\.[\w.]*)\$\{/g)) beginnings.add(beginning);
  }
  return keys.filter(
    (key) => literals.has(key) || [...beginnings].some((beginning) => key.startsWith(beginning)),
  );
}

export function firstWords(): Plugin {
  return {
    name: 'first-words',
    apply: 'build',
    enforce: 'pre',
    async load(id) {
      const [file = ''] = id.split('?');
      if (!file.endsWith('/words/en.ts')) return null;
      const code = readFileSync(file, 'utf8').replace(/\bas const\b/g, '');
      const { en } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { en: object };
      const first = new Set(namedKeys(Object.keys(en), firstSources()));
      const kept = Object.entries(en).filter(([key]) => first.has(key) !== id.includes(LATER));
      return `export const en = ${JSON.stringify(Object.fromEntries(kept))};`;
    },
  };
}
