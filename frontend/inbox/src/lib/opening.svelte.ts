/** The ticket that is on its way to be open: what is pressed meanwhile is meant for it. */
class Opening {
  id = $state.raw<string | null>(null);
  private done: Promise<void> = Promise.resolve();

  begin(id: string, going: Promise<void>): void {
    this.id = id;
    this.done = going.finally(() => {
      if (this.id === id) this.id = null;
    });
  }

  /** At once while nothing is on its way, otherwise as soon as it is there. */
  after(run: () => void): void {
    if (this.id === null) run();
    else void this.done.then(() => this.after(run));
  }
}

export const opening = new Opening();
