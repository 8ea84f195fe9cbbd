// Keys are written "mod+Enter", "g i" (one after the other), "shift+j", "?".

const isMac = typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform);
const SIGNS: Record<string, string> = {
  mod: isMac ? '⌘' : 'Ctrl',
  shift: '⇧',
  alt: isMac ? '⌥' : 'Alt',
  Enter: '⏎',
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
  ' ': '␣',
};

/** What stands on a key of the usual Latin keyboard: alone, and with Shift. */
const SYMBOLS: Record<string, [string, string]> = {
  Slash: ['/', '?'],
  Period: ['.', '>'],
  Comma: [',', '<'],
  Semicolon: [';', ':'],
  Quote: ["'", '"'],
  BracketLeft: ['[', '{'],
  BracketRight: [']', '}'],
  Backslash: ['\\', '|'],
  Minus: ['-', '_'],
  Equal: ['=', '+'],
};
const MODIFIERS = /^(Shift|Control|Alt|AltGraph|Meta|CapsLock|Dead|Process|Unidentified|OS)$/;

/** The key caps to draw, one by one. */
export function showKeys(keys: string): string[] {
  return keys
    .split(/ (?=.)|\+(?=.)/)
    .map((key) => SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key));
}

/** The keys as a screen reader and `aria-keyshortcuts` name them; sequences have no such name. */
export function ariaKeys(keys: string): string | undefined {
  if (keys.includes(' ')) return undefined;
  return keys
    .split(/\+(?=.)/)
    .map((key) => ({ mod: isMac ? 'Meta' : 'Control', shift: 'Shift', alt: 'Alt' })[key] ?? key)
    .join('+');
}

/**
 * The same spelling for a key press: modifiers in a fixed order, letters small.
 *
 * On a layout without Latin letters (Russian, Greek, Thai) the place of the key counts, so that J
 * is where J is printed. What a layout types with AltGr is that character alone.
 */
export function keysOf(event: KeyboardEvent): string {
  // Windows says Ctrl and Alt for AltGr.
  const isAltGraph = event.ctrlKey && event.altKey && event.getModifierState('AltGraph');
  const hasAlt = event.altKey && !isAltGraph;
  const key = keyOf(event, hasAlt);
  const isLetter = /^[a-z]$/i.test(key);
  const parts: string[] = [];
  if ((event.metaKey || event.ctrlKey) && !isAltGraph) parts.push('mod');
  if (hasAlt) parts.push('alt');
  if (event.shiftKey && (isLetter || key.length > 1 || key === ' ')) parts.push('shift');
  parts.push(isLetter ? key.toLowerCase() : key);
  return parts.join('+');
}

/** True for a press that is only a modifier, or half a character. */
export function isHalfKey(event: KeyboardEvent): boolean {
  return event.isComposing || MODIFIERS.test(event.key);
}

/** True for keys that write a character: those that can be switched off (WCAG 2.1.4). */
export function isCharacterKeys(keys: string): boolean {
  return keys
    .split(/ (?=.)/)
    .some((part) => !/^(mod|alt)\+/.test(part) && part.replace(/^shift\+/, '').length === 1);
}

function keyOf(event: KeyboardEvent, hasAlt: boolean): string {
  const { key, code } = event;
  // Option on a Mac turns letters into other characters; the place of the key stays.
  const isForeign = /^[\p{L}\p{M}]/u.test(key) && !/^\p{Script=Latin}/u.test(key);
  if (!(isForeign || (hasAlt && key.length === 1))) return key;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return event.shiftKey ? letter : letter.toLowerCase();
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit && !event.shiftKey) return digit;
  return SYMBOLS[code]?.[event.shiftKey ? 1 : 0] ?? key;
}

const TEXTLESS = /^(button|checkbox|color|file|image|radio|range|reset|submit)$/;

/** True where typing letters writes text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !TEXTLESS.test(target.type);
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName);
}
