import type { FileRecord } from './records';

/** A message that the server does not have yet. Its id makes it one message however often it is sent. */
export interface Unsent {
  id: string;
  conversation: string | null;
  text: string;
  files: FileRecord[];
  at: string;
  order?: string | undefined;
  isFailed?: boolean | undefined;
}

/** What outlives the page, in the frame's own storage, which no shop can read. */
export interface Kept {
  token: string;
  outbox: Unsent[];
  draft: string;
  /** The conversation that was open. */
  open: string | null;
  view: string;
  asked: boolean;
}

const EMPTY: Kept = { token: '', outbox: [], draft: '', open: null, view: 'home', asked: false };

/** Keeps it; where the browser refuses storage to frames, it lasts as long as the page. */
export class Shelf {
  private values: Kept;

  constructor(
    private readonly key: string,
    private readonly storage: Storage | null,
  ) {
    this.values = EMPTY;
    try {
      this.values = { ...EMPTY, ...(JSON.parse(storage?.getItem(key) ?? '{}') as Partial<Kept>) };
    } catch {
      // Somebody else's words: begin anew.
    }
  }

  get now(): Readonly<Kept> {
    return this.values;
  }

  keep(changes: Partial<Kept>): void {
    this.values = { ...this.values, ...changes };
    try {
      this.storage?.setItem(this.key, JSON.stringify(this.values));
    } catch {
      // Full or refused.
    }
  }

  clear(): void {
    this.values = EMPTY;
    try {
      this.storage?.removeItem(this.key);
    } catch {
      // As above.
    }
  }
}

/** The frame's storage, or null where the browser gives it none. */
export function ownStorage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
