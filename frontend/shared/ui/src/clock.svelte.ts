/** The time that the screen shows; moves every ten seconds, so that “2m” becomes “3m” by itself. */
class Clock {
  now = $state.raw(new Date());

  constructor() {
    setInterval(() => (this.now = new Date()), 10_000);
  }
}

export const clock = new Clock();
