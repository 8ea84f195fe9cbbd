/// <reference types="@sveltejs/kit" />
/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />

// The shell of the app, so that it starts without a network. Answers of the API are never kept here:
// what the agent may see is kept by the page itself and wiped when they sign out.
import { build, files, version } from '$service-worker';

const worker = globalThis as unknown as ServiceWorkerGlobalScope;
const PREFIX = 'aftercare-shell-';
const SHELL = PREFIX + version;
/** Every address of the app is this page. */
const PAGE = '/inbox/mine';
const ASSETS = new Set([...build, ...files]);
/** A server that takes longer is as good as none: the kept page is there at once. */
const PAGE_LIMIT_MS = 4_000;
/** Pages of the version before may still need their files. */
const VERSIONS_KEPT = 2;
const NOT_THE_APP = /^\/(api|_allauth|csat|hooks|static|ws|healthz|readyz)(\/|$)/;

worker.addEventListener('install', (event) => {
  event.waitUntil(keepShell().then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldShells().then(() => worker.clients.claim()));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || NOT_THE_APP.test(url.pathname)) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (ASSETS.has(url.pathname) || url.pathname.startsWith('/app-assets/immutable/'))
    event.respondWith(asset(request));
});

async function keepShell(): Promise<void> {
  const shell = await caches.open(SHELL);
  const answer = await fetch(PAGE, { cache: 'no-store' });
  if (!answer.ok) throw new Error(`The page answered ${answer.status}`);
  const html = await answer.clone().text();
  // The boot script is made after the build and known to the page alone.
  const named = [...html.matchAll(/(?:src|href)="(\/app-assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  await shell.addAll([...new Set([...ASSETS, ...named])]);
  await shell.put(PAGE, answer);
}

async function forgetOldShells(): Promise<void> {
  const shells = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const old = shells.slice(0, Math.max(0, shells.length - VERSIONS_KEPT));
  await Promise.all(old.filter((name) => name !== SHELL).map((name) => caches.delete(name)));
}

/** The server's page when it answers, so that a new version is never missed; else the kept one. */
async function page(request: Request): Promise<Response> {
  const limit = new Promise<null>((resolve) => setTimeout(() => resolve(null), PAGE_LIMIT_MS));
  const asked = fetch(request).catch(() => null);
  const answer = await Promise.race([asked, limit]);
  if (answer && answer.status < 500) return answer;
  const kept = await (await caches.open(SHELL)).match(PAGE);
  return kept ?? (await asked) ?? Response.error();
}

async function asset(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}
