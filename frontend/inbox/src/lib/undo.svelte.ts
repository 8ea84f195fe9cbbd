import { t } from '@aftercare/ui';
import type { Toasts } from './toasts.svelte';

const KEPT_MS = 60_000;

interface Step {
  at: number;
  run: () => void | Promise<void>;
}

/** What Z takes back: the last thing done, for a minute. */
export class Undo {
  private steps: Step[] = [];

  constructor(private readonly toasts: Toasts) {}

  /** Remembers how to take something back and says so in a toast. */
  offer(text: string, run: Step['run']): void {
    const step = this.remember(run);
    const toast = this.toasts.show(text, {
      actionLabel: t('undo.label'),
      action: () => {
        this.toasts.dismiss(toast);
        this.take(step);
      },
    });
  }

  remember(run: Step['run']): Step {
    const step = { at: Date.now(), run };
    this.steps = [...this.steps.slice(-9), step];
    return step;
  }

  forget(step: Step): void {
    this.steps = this.steps.filter((each) => each !== step);
  }

  last(): void {
    const step = this.steps.at(-1);
    if (step && Date.now() - step.at < KEPT_MS) this.take(step);
    else this.toasts.show(t('undo.nothing'));
  }

  private take(step: Step): void {
    if (!this.steps.includes(step)) return;
    this.forget(step);
    void step.run();
  }
}
