import { api, ApiProblem } from '@aftercare/api';
import type { App } from './app.svelte';

const PAUSE_MS = 800;
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/**
 * Keeps something of the agent's own (`User.settings[key]`) on the server, a moment after the last
 * change. This browser has it already; what the server misses now it gets with the next change.
 */
export function keepOwn(app: App, key: string, value: unknown): void {
  clearTimeout(timers.get(key));
  timers.set(
    key,
    setTimeout(() => void send(app, key, value), PAUSE_MS),
  );
}

async function send(app: App, key: string, value: unknown): Promise<void> {
  try {
    await api.changeMe({ settings: { [key]: value } });
    if (app.me) app.me = { ...app.me, settings: { ...app.me.settings, [key]: value } };
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    app.noticeSignedOut(problem);
  }
}
