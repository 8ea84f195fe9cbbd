// Prints what the browser loads for a first look at the inbox and for opening the widget, as `<name>_gz_kb <n>`.
// With --check it ends with 1 when a budget is exceeded.
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

/** Budgets of the first load, gzipped; of the widget: its loader, and all that opening it takes. */
const BUDGET_KB = { app_js_gz_kb: 120, app_css_gz_kb: 18, widget_loader_gz_kb: 3, widget_cold_gz_kb: 36 };

function addWithImports(key, files) {
  const entry = manifest[key];
  if (!entry || files.has(entry.file)) return;
  files.add(entry.file);
  for (const sheet of entry.css ?? []) files.add(sheet);
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

const sheets = [...files].filter((file) => file.endsWith('.css')).map((file) => new URL(file, client));

function weigh(name, urls) {
  const bytes = urls.map((url) => gzipSync(readFileSync(url), { level: 9 }).length);
  if (process.argv.includes('--list'))
    urls.forEach((url, index) => console.log(bytes[index], url.pathname.split('/').slice(-2).join('/')));
  const sum = bytes.reduce((total, each) => total + each, 0) / 1000;
  console.log(`${name} ${sum.toFixed(1)}`);
  if (process.argv.includes('--check') && sum > BUDGET_KB[name]) {
    console.error(`${name} is over its budget of ${BUDGET_KB[name]} KB`);
    process.exitCode = 1;
  }
}

const widget = new URL('../widget/build/', import.meta.url);
const { app } = JSON.parse(readFileSync(new URL('manifest.json', widget), 'utf8'));
const loader = new URL('w.js', widget);
const opened = ['frame.css', 'words/en.json', `assets/${app}`].map((name) => new URL(name, widget));

weigh('app_js_gz_kb', scripts);
weigh('app_css_gz_kb', sheets);
weigh('widget_loader_gz_kb', [loader]);
weigh('widget_cold_gz_kb', [loader, ...opened]);
