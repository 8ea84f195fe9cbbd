// Keys are written "mod+Enter", "g i" (one after the other), "shift+J", "?".

const isMac = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform);
const SIGNS: Record<string, string> = {
  mod: isMac ? '⌘' : 'Ctrl',
  shift: '⇧',
  alt: isMac ? '⌥' : 'Alt',
  Enter: '⏎',
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

/** The key caps to draw, one by one. */
export function showKeys(keys: string): string[] {
  return keys.split(/[ +]/).map((key) => SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}

/** The same spelling for a key press: modifiers in a fixed order, letters small. */
export function keysOf(event: KeyboardEvent): string {
  const isLetter = /^[a-z]$/i.test(event.key);
  const parts: string[] = [];
  if (event.metaKey || event.ctrlKey) parts.push('mod');
  if (event.altKey) parts.push('alt');
  if (event.shiftKey && (isLetter || event.key.length > 1)) parts.push('shift');
  parts.push(isLetter ? event.key.toLowerCase() : event.key);
  return parts.join('+');
}

/** True where typing letters writes text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
