export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'problem';
  actionLabel?: string;
  action?: () => void;
}

const SHOWN_MS = 7_000;
const MOST_AT_ONCE = 3;

/** Short sentences at the bottom. Whatever a toast offers can also be done in another way. */
export class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  private nextId = 1;
  private readonly timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(text: string, options: Omit<Partial<Toast>, 'id' | 'text'> = {}): number {
    const toast: Toast = { kind: 'done', ...options, text, id: this.nextId++ };
    this.shown = [...this.shown, toast].slice(-MOST_AT_ONCE);
    this.resume(toast.id);
    return toast.id;
  }

  dismiss(id: number): void {
    this.pause(id);
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }

  pause(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
  }

  resume(id: number): void {
    this.pause(id);
    this.timers.set(
      id,
      setTimeout(() => this.dismiss(id), SHOWN_MS),
    );
  }
}
