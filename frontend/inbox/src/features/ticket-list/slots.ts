/** A row of the list and the place in the page that shows it. */
export interface Placed {
  slot: number;
  id: string;
  index: number;
}

/**
 * Which element shows which row. A row keeps its element as long as it is in sight; elements of rows that
 * went out of sight show those that come in, which costs a fraction of drawing new ones.
 */
export class Slots {
  private taken = new Map<string, number>();
  private made = 0;

  /** The rows in sight, from the one at `first` on. */
  place(ids: readonly string[], first: number): Placed[] {
    const inSight = new Set(ids);
    const free: number[] = [];
    for (const [id, slot] of this.taken) if (!inSight.has(id)) free.push(slot);
    const taken = new Map<string, number>();
    const placed = ids.map((id, offset) => {
      const slot = this.taken.get(id) ?? free.shift() ?? this.made++;
      taken.set(id, slot);
      return { slot, id, index: first + offset };
    });
    this.taken = taken;
    return placed;
  }
}
