import type { Shelf, Unsent } from './kept';
import { Refusal } from './server';

/** How the outbox reaches the world; tests bring their own. */
export interface Post {
  send(message: Unsent): Promise<{ conversation_id: string }>;
  later(call: () => void, milliseconds: number): void;
  changed(): void;
}

const TRIES = 4;
const LONGEST_WAIT_MS = 30_000;

/**
 * Messages on their way, in order and one at a time. Each stays on the shelf until the server has
 * answered for it, so a reload in between loses none; its id makes a second try the same message.
 */
export class Outbox {
  private isBusy = false;
  private tries = 0;

  constructor(
    private readonly shelf: Shelf,
    private readonly post: Post,
  ) {}

  get all(): readonly Unsent[] {
    return this.shelf.now.outbox;
  }

  add(message: Unsent): void {
    this.write([...this.all, message]);
    void this.run();
  }

  retry(id: string): void {
    this.tries = 0;
    this.change(id, { isFailed: undefined });
    void this.run();
  }

  /** Go on at once: the network is back, or the page has just come. */
  wake(): void {
    this.tries = 0;
    this.write(this.all.map((each) => ({ ...each, isFailed: undefined })));
    void this.run();
  }

  private async run(): Promise<void> {
    const next = this.all.find((each) => !each.isFailed);
    if (this.isBusy || !next) return;
    this.isBusy = true;
    let goesOn = true;
    try {
      const { conversation_id } = await this.post.send(next);
      this.tries = 0;
      // What was written before the server named the conversation belongs to the same one.
      this.write(
        this.all
          .filter((each) => each.id !== next.id)
          .map((each) => ({ ...each, conversation: each.conversation ?? conversation_id })),
      );
    } catch (error) {
      goesOn = this.refused(next, error);
    } finally {
      this.isBusy = false;
    }
    if (goesOn) void this.run();
  }

  /** Whether the next one may go: not while the same one is to be tried again. */
  private refused(message: Unsent, error: unknown): boolean {
    const refusal = error instanceof Refusal ? error : new Refusal(0, '', '');
    this.tries += 1;
    if (!refusal.isPassing || this.tries >= TRIES) {
      this.tries = 0;
      this.change(message.id, { isFailed: true });
      return true;
    }
    const wait = Math.max(refusal.waitSeconds * 1000, Math.min(LONGEST_WAIT_MS, 1000 * 2 ** this.tries));
    this.post.later(() => void this.run(), wait);
    return false;
  }

  private change(id: string, changes: Partial<Unsent>): void {
    this.write(this.all.map((each) => (each.id === id ? { ...each, ...changes } : each)));
  }

  private write(outbox: Unsent[]): void {
    this.shelf.keep({ outbox });
    this.post.changed();
  }
}
