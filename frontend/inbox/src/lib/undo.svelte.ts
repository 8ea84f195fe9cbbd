import { t } from '@aftercare/ui';
import type { Toasts } from './toasts.svelte';

const KEPT_MS = 60_000;
const MOST_KEPT = 20;

/** Why something could not be taken back, in a sentence; nothing when it was. */
export type Undone = string | void;

export interface Step {
  at: number;
  /** What was done, as its toast said it; empty where the undoing speaks for itself. */
  text: string;
  run: () => Undone | Promise<Undone>;
}

/** What Z takes back: the last thing done, for a minute; then the one before. */
export class Undo {
  private steps: Step[] = [];

  constructor(private readonly toasts: Toasts) {}

  /** Remembers how to take something back and says so in a toast. */
  offer(text: string, run: Step['run']): void {
    const step = this.remember(run, text);
    const toast = this.toasts.show(text, {
      actionLabel: t('undo.label'),
      action: () => {
        this.toasts.dismiss(toast);
        void this.take(step);
      },
    });
  }

  remember(run: Step['run'], text = ''): Step {
    const step = { at: Date.now(), text, run };
    this.steps = [...this.steps.slice(1 - MOST_KEPT), step];
    return step;
  }

  forget(step: Step): void {
    this.steps = this.steps.filter((each) => each !== step);
  }

  last(): void {
    const step = this.steps.at(-1);
    if (step && Date.now() - step.at < KEPT_MS) void this.take(step);
    else this.toasts.show(t('undo.nothing'));
  }

  /** Takes it back once and says what was taken back, or why it was not. */
  private async take(step: Step): Promise<void> {
    if (!this.steps.includes(step)) return;
    this.forget(step);
    const refused = await step.run();
    if (refused) this.toasts.show(refused, { kind: 'problem' });
    else if (step.text) this.toasts.show(t('undo.done', { what: step.text }));
  }
}
