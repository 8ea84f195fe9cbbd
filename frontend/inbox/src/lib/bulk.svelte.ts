import { api, ApiProblem, type BulkJob, type BulkOrder } from '@aftercare/api';
import { t } from '@aftercare/ui';
import { SvelteMap } from 'svelte/reactivity';
import type { App } from './app.svelte';

/** More tickets than this are asked about first. */
export const ASK_FROM = 25;

/** My jobs on many tickets: as the log tells how far they are. */
export class Bulk {
  readonly jobs = new SvelteMap<string, BulkJob>();
  private app: App | null = null;

  /** Follows the log. */
  follow(app: App): () => void {
    this.app = app;
    return app.onEvents((events) => {
      for (const { payload } of events)
        if (payload.job && payload.job.user_id === app.me?.id) this.take(payload.job);
    });
  }

  /** After the first load: what was begun before is shown again. */
  resume(): void {
    if (this.app?.me && this.app.me.role !== 'viewer') void this.loadRunning();
  }

  get shown(): BulkJob[] {
    return [...this.jobs.values()];
  }

  async start(order: BulkOrder): Promise<boolean> {
    const job = await this.ask(() => api.startBulk(crypto.randomUUID(), order));
    if (!job) return false;
    this.jobs.set(job.id, this.jobs.get(job.id) ?? job);
    if (job.is_reversible) this.app?.undo.remember(() => this.undoText(job.id));
    return true;
  }

  cancel(id: string): void {
    void this.ask(() => api.cancelBulk(id));
  }

  undo(id: string): void {
    void this.ask(() => api.undoBulk(id));
  }

  dismiss(id: string): void {
    this.jobs.delete(id);
  }

  private async undoText(id: string): Promise<string | undefined> {
    const job = this.jobs.get(id);
    if (job?.state === 'running') await this.ask(() => api.cancelBulk(id));
    const undone = await this.ask(() => api.undoBulk(id));
    return undone ? undefined : t('bulk.notUndone');
  }

  private take(job: BulkJob): void {
    const known = this.jobs.get(job.id);
    if (!known || known.version <= job.version) this.jobs.set(job.id, job);
  }

  private async loadRunning(): Promise<void> {
    const page = await this.ask(() => api.bulkJobs());
    for (const job of page?.results ?? [])
      if (job.state === 'running' || job.state === 'undoing') this.take(job);
  }

  private async ask<T>(call: () => Promise<T>): Promise<T | null> {
    try {
      const answer = await call();
      if (isJob(answer)) this.take(answer);
      return answer;
    } catch (problem) {
      if (!(problem instanceof ApiProblem)) throw problem;
      if (!this.app?.noticeSignedOut(problem)) this.app?.toasts.show(problem.message, { kind: 'problem' });
      return null;
    }
  }
}

function isJob(value: unknown): value is BulkJob {
  return typeof value === 'object' && value !== null && 'is_reversible' in value;
}

export const bulk = new Bulk();
