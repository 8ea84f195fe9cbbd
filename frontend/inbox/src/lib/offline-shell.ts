import { dev } from '$app/environment';

/** Lets the app start without a network from the next time on. Where the browser can't, it just doesn't. */
export function keepShell(): void {
  if (dev || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('/service-worker.js').catch(() => undefined);
}
