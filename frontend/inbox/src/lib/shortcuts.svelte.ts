import { isCharacterKeys } from '@aftercare/ui';
import { appearance } from './appearance.svelte';
import { readStored, store } from './storage';

export type PresetName = 'aftercare' | 'gorgias' | 'chatwoot';
/** Command → its keys; an empty text means: no keys. */
export type KeyMap = Readonly<Record<string, string>>;
export interface ShortcutChoice {
  preset: PresetName;
  keys: KeyMap;
}

/**
 * Keys of other helpdesks, for fingers that know them; what is not named keeps our keys.
 *
 * Chatwoot: its own list (dashboard/components/widgets/modal/constants.js). Gorgias: from our
 * comparison of helpdesks, where its column is marked as not verified.
 */
export const PRESETS: Record<PresetName, KeyMap> = {
  aftercare: {},
  gorgias: {
    next: 'ArrowRight',
    previous: 'ArrowLeft',
    close: 'c',
    newTicket: 'shift+c',
    reply: 'r',
    note: 'i',
    assignMe: 'shift+a',
    snooze: 's',
    status: 'shift+s',
    split: 'alt+s',
    assign: 'a',
    tags: 't',
    macros: 'm',
    merge: 'shift+m',
  },
  chatwoot: {
    next: 'alt+j',
    previous: 'alt+k',
    close: 'alt+e',
    reply: 'alt+l',
    note: 'alt+p',
    snooze: 'alt+m',
    goInbox: 'alt+c',
    goCustomers: 'alt+v',
    goReports: 'alt+r',
    goSettings: 'alt+s',
    side: 'alt+o',
    shortcuts: 'mod+/',
  },
};

const DEFAULTS: ShortcutChoice = { preset: 'aftercare', keys: {} };

/** Which keys the agent has chosen: kept in this browser, and by the server for the next one. */
class Shortcuts {
  /** Keeps the agent's choice on the server, too. */
  keep: ((choice: unknown) => void) | null = null;
  choice = $state.raw<ShortcutChoice>(valid(readStored<unknown>('shortcuts', null)));

  /** The keys of a command for this agent; undefined: none. */
  keysFor(command: { id: string; keys?: string }): string | undefined {
    return this.choice.keys[command.id] ?? PRESETS[this.choice.preset][command.id] ?? command.keys;
  }

  /** True where preset or agent have put other keys than ours. */
  isChanged(id: string): boolean {
    return id in this.choice.keys || id in PRESETS[this.choice.preset];
  }

  /** False for keys that the agent has switched off with the single-key shortcuts. */
  isOn(keys: string): boolean {
    return appearance.choice.hasSingleKeys || !isCharacterKeys(keys);
  }

  change(part: Partial<ShortcutChoice>): void {
    this.put({ ...this.choice, ...part });
    this.keep?.(this.choice);
  }

  /** What the server remembers of this agent wins over what this browser does. */
  take(settings: Readonly<Record<string, unknown>> | undefined): void {
    if (settings?.shortcuts !== undefined) this.put(valid(settings.shortcuts));
  }

  private put(choice: ShortcutChoice): void {
    this.choice = choice;
    store('shortcuts', choice);
  }
}

/** Whatever was stored, as a choice that can be used. */
export function valid(stored: unknown): ShortcutChoice {
  const given = (stored ?? {}) as Partial<ShortcutChoice>;
  const preset = given.preset && given.preset in PRESETS ? given.preset : DEFAULTS.preset;
  const keys = Object.entries(given.keys ?? {}).filter((entry) => typeof entry[1] === 'string');
  return { preset, keys: Object.fromEntries(keys) };
}

export const shortcuts = new Shortcuts();
