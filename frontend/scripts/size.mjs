// Prints what the browser loads as JavaScript for a first look at the inbox: `app_js_gz_kb <n>`.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const root = new URL('../inbox/.svelte-kit/', import.meta.url);
const client = new URL('output/client/', root);
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', client), 'utf8'));
const routes = readFileSync(new URL('generated/client-optimized/app.js', root), 'utf8');

/** The layouts and the page of the inbox, by the number Kit gave them. */
function inboxNodes() {
  const found = /"\/\(app\)\/inbox\/\[view\]\/\[\[ticket\]\]": \[~?(\d+),\[([^\]]*)\]/.exec(routes);
  if (!found) throw new Error('the inbox route is not in the generated client');
  return [0, ...found[2].split(',').filter(Boolean).map(Number), Number(found[1])];
}

function addWithImports(key, files) {
  const entry = manifest[key];
  if (!entry || files.has(entry.file)) return;
  files.add(entry.file);
  for (const imported of entry.imports ?? []) addWithImports(imported, files);
}

const files = new Set();
const nodes = inboxNodes().map((number) => `nodes/${number}.js`);
for (const [key, entry] of Object.entries(manifest)) {
  const isNode = nodes.some((node) => key.endsWith(node));
  const isEntry = entry.isEntry && !/nodes\/\d+\.js$/.test(key);
  if (isNode || isEntry) addWithImports(key, files);
}
const boot = readdirSync(new URL('../inbox/build/app-assets/immutable/', import.meta.url)).filter((name) =>
  name.startsWith('boot.'),
);
const scripts = [...files].filter((file) => file.endsWith('.js')).map((file) => new URL(file, client));
scripts.push(...boot.map((name) => new URL(`../inbox/build/app-assets/immutable/${name}`, import.meta.url)));
scripts.push(new URL('../inbox/build/app-assets/theme.js', import.meta.url));

const bytes = scripts.map((url) => gzipSync(readFileSync(url), { level: 9 }).length);
if (process.argv.includes('--list'))
  scripts.forEach((url, index) => console.log(bytes[index], url.pathname.split('/').slice(-2).join('/')));
console.log(`app_js_gz_kb ${(bytes.reduce((sum, each) => sum + each, 0) / 1000).toFixed(1)}`);
