import { ApiProblem } from '@aftercare/api';
import type { App } from './app.svelte';

/** One thing a screen asks the server for: loading, then here or failed, and how to ask again. */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  isLoading = $state(false);
  private turn = 0;

  constructor(
    private readonly app: App,
    private readonly ask: () => Promise<T>,
  ) {}

  async load(): Promise<void> {
    const turn = ++this.turn;
    this.isLoading = true;
    try {
      const value = await this.ask();
      if (turn !== this.turn) return;
      this.value = value;
      this.problem = null;
    } catch (problem) {
      if (turn !== this.turn) return;
      if (!(problem instanceof ApiProblem)) throw problem;
      if (!this.app.noticeSignedOut(problem)) this.problem = problem;
    } finally {
      if (turn === this.turn) this.isLoading = false;
    }
  }
}

/** Runs a change; a refusal becomes a toast. Answers null when it was refused. */
export async function tryTo<T>(app: App, call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (!app.noticeSignedOut(problem)) app.toasts.show(problem.message, { kind: 'problem' });
    return null;
  }
}
