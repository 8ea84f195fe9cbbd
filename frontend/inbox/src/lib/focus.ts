/** Where the focus belongs when nothing has it: the open row, the row that Tab leads to, the page. */
const HOMES = ['.trow[aria-current="true"]', '.trow[tabindex="0"]', 'main'];
const RETRY_MS = 50;
const MOST_TRIES = 20;

/**
 * For who works by keys: when the thing with the focus goes away (a sheet closes, a field is left,
 * another page comes), the focus goes where the next key makes sense and can be seen, instead of
 * nowhere. Who uses the pointer is left alone. Returns how to stop.
 */
export function keepFocus(): () => void {
  let isByKeys = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function bringHome(tries: number): void {
    if (!isByKeys || !isLost() || document.querySelector('dialog[open]')) return;
    const home = HOMES.map((each) => document.querySelector<HTMLElement>(each)).find((each) => each);
    if (!home || (home.tagName === 'MAIN' && tries > MOST_TRIES / 2)) return again(tries - 1);
    if (home.tabIndex < 0 && !home.hasAttribute('tabindex')) home.tabIndex = -1;
    home.focus({ preventScroll: true });
  }
  function again(tries: number): void {
    clearTimeout(timer);
    if (tries > 0) timer = setTimeout(() => bringHome(tries), RETRY_MS);
  }
  const soon = () => again(MOST_TRIES);
  const onkeydown = () => (isByKeys = true);
  const onpointerdown = () => (isByKeys = false);

  addEventListener('keydown', onkeydown, true);
  addEventListener('pointerdown', onpointerdown, true);
  addEventListener('keyup', soon);
  addEventListener('focusout', soon);
  return () => {
    clearTimeout(timer);
    removeEventListener('keydown', onkeydown, true);
    removeEventListener('pointerdown', onpointerdown, true);
    removeEventListener('keyup', soon);
    removeEventListener('focusout', soon);
  };
}

function isLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
