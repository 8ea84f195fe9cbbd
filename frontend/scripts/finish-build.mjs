// Moves SvelteKit's inline boot script into a file, so that the page runs under `script-src 'self'`.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const build = new URL('../inbox/build/', import.meta.url);
const page = new URL('index.html', build);
const html = readFileSync(page, 'utf8');
const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)];
if (inline.length !== 1)
  throw new Error(`index.html has ${inline.length} inline scripts; exactly one was expected`);

const [whole, code] = inline[0];
const hash = createHash('sha256').update(code).digest('hex').slice(0, 10);
const name = `app-assets/immutable/boot.${hash}.js`;
writeFileSync(new URL(name, build), code.trim() + '\n');
writeFileSync(page, html.replace(whole, `<script src="/${name}"></script>`));
console.log(`boot script moved to ${name}`);
