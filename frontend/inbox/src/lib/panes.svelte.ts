import { readStored, store } from './storage';

export type PaneName = 'views' | 'list' | 'side';
interface PaneLimits {
  min: number;
  max: number;
  usual: number;
}

/** Widths in px at the usual text size; larger text makes panes wider with it. */
export const LIMITS: Record<PaneName, PaneLimits> = {
  views: { min: 160, max: 280, usual: 200 },
  list: { min: 280, max: 560, usual: 340 },
  side: { min: 280, max: 480, usual: 320 },
};
interface PaneChoice {
  widths: Partial<Record<PaneName, number>>;
  hidden: ('views' | 'side')[];
}

/** How wide the panes of the inbox are, and which ones are put away. */
class Panes {
  /** Keeps the agent's choice on the server, too. */
  keep: ((choice: unknown) => void) | null = null;
  choice = $state.raw<PaneChoice>(valid(readStored<unknown>('panes', null)));

  width(name: PaneName): number {
    return this.choice.widths[name] ?? LIMITS[name].usual;
  }

  isHidden(name: 'views' | 'side'): boolean {
    return this.choice.hidden.includes(name);
  }

  /** Sets the width within its limits; without one it becomes the usual one again. */
  resize(name: PaneName, width?: number): void {
    const { [name]: _, ...others } = this.choice.widths;
    const { min, max } = LIMITS[name];
    const widths =
      width === undefined ? others : { ...others, [name]: Math.round(Math.min(max, Math.max(min, width))) };
    this.change({ widths });
  }

  flip(name: 'views' | 'side'): void {
    const { hidden } = this.choice;
    this.change({
      hidden: hidden.includes(name) ? hidden.filter((each) => each !== name) : [...hidden, name],
    });
  }

  /** What the server remembers of this agent wins over what this browser does. */
  take(settings: Readonly<Record<string, unknown>> | undefined): void {
    if (settings?.panes !== undefined) this.put(valid(settings.panes));
  }

  private change(part: Partial<PaneChoice>): void {
    this.put({ ...this.choice, ...part });
    this.keep?.(this.choice);
  }

  private put(choice: PaneChoice): void {
    this.choice = choice;
    store('panes', choice);
  }
}

function valid(stored: unknown): PaneChoice {
  const given = (stored ?? {}) as Partial<PaneChoice>;
  const widths = Object.fromEntries(
    Object.entries(given.widths ?? {}).filter(([name, width]) => name in LIMITS && Number.isFinite(width)),
  );
  const hidden = (['views', 'side'] as const).filter(
    (name) => Array.isArray(given.hidden) && given.hidden.includes(name),
  );
  return { widths, hidden };
}

export const panes = new Panes();
