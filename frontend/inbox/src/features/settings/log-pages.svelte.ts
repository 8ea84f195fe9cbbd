import type { Id } from '@aftercare/api';
import type { App } from '$lib/app.svelte';
import { Loaded, tryTo } from '$lib/load.svelte';

export interface LogRow {
  id: Id;
  state: string;
  reason: string | null;
  size_bytes: number;
  received_at: string;
}

interface Page<Row> {
  results: readonly Row[];
  next: string | null;
}

/** A log read page by page, whose rows can be done again one at a time. */
export class LogPages<Row extends LogRow> {
  rows = $state.raw<readonly Row[]>([]);
  next = $state<string | null>(null);
  busyId = $state<Id | null>(null);
  readonly first: Loaded<Page<Row>>;

  constructor(
    private readonly app: App,
    private readonly read: (after: string | null) => Promise<Page<Row>>,
  ) {
    this.first = new Loaded(app, () => read(null));
  }

  async load(): Promise<void> {
    await this.first.load();
    this.rows = this.first.value?.results ?? [];
    this.next = this.first.value?.next ?? null;
  }

  async more(): Promise<void> {
    const found = await tryTo(this.app, () => this.read(this.next));
    if (!found) return;
    this.rows = [...this.rows, ...found.results];
    this.next = found.next;
  }

  /** Do a row again; it stands there as it is afterwards. */
  async again(row: Row, work: () => Promise<Row>): Promise<void> {
    this.busyId = row.id;
    const changed = await tryTo(this.app, work);
    this.busyId = null;
    if (changed) this.rows = this.rows.map((each) => (each.id === row.id ? changed : each));
  }
}
