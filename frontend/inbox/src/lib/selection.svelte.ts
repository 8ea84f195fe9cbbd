/** What an action is for: these tickets, or everything that a filter finds but a few. */
export type SelectionTarget =
  | { kind: 'ids'; ids: readonly string[]; count: number }
  | { kind: 'filter'; filter: ListFilter; except: readonly string[]; count: number };

/** The parameters of GET /tickets that name exactly the tickets of a list: `view`, `q`, … */
export type ListFilter = Readonly<Record<string, string>>;

/**
 * The tickets that are picked in the list: some by id, or the whole view or query (also what has
 * not been loaded yet) without those that were taken out again.
 */
export class Selection {
  /** Picked by id, in the order of picking; while the whole is picked: nothing. */
  ids = $state.raw<ReadonlySet<string>>(new Set());
  /** Set while everything that the filter finds is picked. */
  whole = $state.raw<{ filter: ListFilter; total: number } | null>(null);
  /** Taken out of the whole again. */
  except = $state.raw<ReadonlySet<string>>(new Set());
  /** Where ranges begin: the row that was picked last. */
  anchor: string | null = null;

  get count(): number {
    return this.whole ? Math.max(0, this.whole.total - this.except.size) : this.ids.size;
  }

  get isEmpty(): boolean {
    return this.count === 0;
  }

  get target(): SelectionTarget {
    const count = this.count;
    if (this.whole) return { kind: 'filter', filter: this.whole.filter, except: [...this.except], count };
    return { kind: 'ids', ids: [...this.ids], count };
  }

  has(id: string): boolean {
    return this.whole ? !this.except.has(id) : this.ids.has(id);
  }

  toggle(id: string): void {
    this.set([id], !this.has(id));
    this.anchor = id;
  }

  /** Picks from the last picked row to this one; `order` is the list as it is on screen. */
  extendTo(id: string, order: readonly string[]): void {
    const from = this.anchor === null ? -1 : order.indexOf(this.anchor);
    const to = order.indexOf(id);
    if (from < 0 || to < 0) {
      this.set([id], true);
      this.anchor = id;
      return;
    }
    this.set(order.slice(Math.min(from, to), Math.max(from, to) + 1), true);
  }

  /** Picks what is loaded, and nothing else. */
  pickAll(ids: readonly string[]): void {
    this.clear();
    this.ids = new Set(ids);
    this.anchor = ids.at(-1) ?? null;
  }

  /** Picks everything that the filter finds, loaded or not. */
  pickWhole(filter: ListFilter, total: number): void {
    this.clear();
    this.whole = { filter, total };
  }

  /** Tickets left the list (closed by somebody, deleted): they are not picked any more. */
  drop(ids: readonly string[]): void {
    if (!this.whole && ids.some((id) => this.ids.has(id))) this.set(ids, false);
  }

  clear(): void {
    this.ids = new Set();
    this.except = new Set();
    this.whole = null;
    this.anchor = null;
  }

  private set(ids: readonly string[], isPicked: boolean): void {
    const changed = new Set(this.whole ? this.except : this.ids);
    for (const id of ids) {
      if (isPicked !== (this.whole !== null)) changed.add(id);
      else changed.delete(id);
    }
    if (this.whole) this.except = changed;
    else this.ids = changed;
  }
}

/** The selection of the list on screen; the bar, the palette and the keys act on it. */
export const selection = new Selection();
