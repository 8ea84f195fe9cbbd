// Builds everything a shop loads: the loader, the shims, the ESM wrapper and the frame's app.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { minify } from 'terser';
import { build } from 'vite';

const here = new URL('./', import.meta.url);
const out = new URL('build/', here);
const path = (name, base = here) => new URL(name, base).pathname;

/** ASCII only: a shop's page without a charset reads it right, too. */
const ascii = (code) =>
  code.replace(/[^ -~\n\t]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** One script in one file; `entry` is the source, the answer its code and its styles. */
async function bundle(entry, format, plugins = []) {
  const made = await build({
    root: path('./'),
    configFile: false,
    logLevel: 'warn',
    plugins,
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      cssCodeSplit: false,
      rolldownOptions: {
        input: path(entry),
        preserveEntrySignatures: format === 'es' ? 'strict' : false,
        output: { format, codeSplitting: false },
      },
    },
  });
  const code = made.output.find((each) => each.type === 'chunk').code;
  const css = made.output.find((each) => each.fileName.endsWith('.css'))?.source ?? '';
  return { code: ascii(code).trim(), css: String(css).trim() };
}

/** A second pass over minified code: it finds another 3 %, which is what the budget lacks. */
const smaller = async (code) =>
  (
    await minify(code, {
      module: true,
      ecma: 2022,
      compress: { passes: 3, pure_getters: true, unsafe_arrows: true },
    })
  ).code;

/** Keep a file under a name that tells its content, with what browsers accept it packed as. */
function keep(name, content) {
  const bytes = Buffer.from(content);
  writeFileSync(new URL(name, out), bytes);
  writeFileSync(new URL(`${name}.gz`, out), gzipSync(bytes, { level: 9 }));
  writeFileSync(new URL(`${name}.br`, out), brotliCompressSync(bytes));
}

rmSync(out, { recursive: true, force: true });
mkdirSync(new URL('words/', out), { recursive: true });

// The server puts the site's values into the last brackets.
const loader = (await bundle('loader/main.ts', 'iife')).code.replace(/^\(function\(\)\{|\}\)\(\);?$/g, '');
writeFileSync(new URL('w.js', out), `(function(aftercareConfig){${loader}})(`);
writeFileSync(new URL('proactive.js', out), (await bundle('loader/proactive.ts', 'iife')).code);
for (const name of ['intercom', 'gorgias'])
  writeFileSync(new URL(`${name}.js`, out), (await bundle(`shims/${name}.ts`, 'iife')).code);
writeFileSync(new URL('esm.js', out), (await bundle('esm/index.ts', 'es')).code);
cpSync(new URL('loader/words.json', here), new URL('loader-words.json', out));

const app = await build({
  root: path('./'),
  configFile: false,
  logLevel: 'warn',
  plugins: [svelte()],
  build: {
    write: false,
    target: 'es2022',
    cssCodeSplit: false,
    // As a library, because a page's dynamic imports would be wrapped in a preloader.
    lib: { entry: { frame: path('frame/main.ts') }, formats: ['es'] },
    rolldownOptions: {
      preserveEntrySignatures: 'allow-extension',
      output: { entryFileNames: '[name].[hash].js', chunkFileNames: '[name].[hash].js', minify: true },
    },
  },
});
const [{ output: files }] = app;
mkdirSync(new URL('assets/', out), { recursive: true });
for (const each of files) {
  if (each.type === 'chunk') keep(`assets/${each.fileName}`, ascii(await smaller(each.code)));
  else writeFileSync(new URL('frame.css', out), each.source);
}
for (const file of readdirSync(new URL('frame/words/', here)).filter((name) => name.endsWith('.json')))
  writeFileSync(
    new URL(`words/${file}`, out),
    JSON.stringify(JSON.parse(readFileSync(new URL(`frame/words/${file}`, here), 'utf8'))),
  );
writeFileSync(
  new URL('manifest.json', out),
  JSON.stringify({ app: files.find((each) => each.isEntry).fileName }),
);
