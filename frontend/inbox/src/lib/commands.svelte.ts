import { isCharacterKeys, isHalfKey, isTyping, keysOf, type IconName } from '@aftercare/ui';
import { SvelteMap } from 'svelte/reactivity';
import { opening } from './opening.svelte';
import { shortcuts } from './shortcuts.svelte';

/**
 * Something the agent can do: shown in the palette, in the “?” sheet and on the page where keys are
 * changed, and run by its keys.
 *
 * A feature declares its commands in `features/<name>/commands.ts`, as functions of the hands that
 * do the work: so the sheet and the page know them also while the feature is not on screen.
 */
export interface Command {
  id: string;
  label: string;
  group: 'ticket' | 'list' | 'reply' | 'go' | 'app';
  /** “e”, “mod+Enter”, or two after one another: “g i”. The agent may have put others. */
  keys?: string;
  /** Further spellings of the keys, not shown and not changed. */
  alsoKeys?: string[];
  aliases?: string;
  icon?: IconName;
  /** Also while typing in a field. */
  inFields?: boolean;
  isHidden?: boolean;
  when?: () => boolean;
  run: () => void;
}

const SEQUENCE_MS = 1_200;
/** Keys that the thing with the focus has a use for itself. */
const OWN_KEYS: Record<string, string> = {
  Enter: 'a[href], button, summary, [role="button"], [role="menuitem"], [role="tab"], [role="option"]',
  ' ': 'button, summary, input, [role="button"], [role="checkbox"], [role="switch"]',
  ArrowUp: 'input[type="radio"], [role="separator"], [role="tab"]',
  ArrowDown: 'input[type="radio"], [role="separator"], [role="tab"]',
  ArrowLeft: 'input[type="radio"], [role="separator"], [role="tab"]',
  ArrowRight: 'input[type="radio"], [role="separator"], [role="tab"]',
};

/** The one list of commands. Screens add theirs while they are on. */
export class Commands {
  private readonly byId = new SvelteMap<string, Command>();
  private first: { keys: string; at: number } | null = null;

  /** Registers commands; returns how to take them away again. */
  add(commands: readonly Command[]): () => void {
    for (const command of commands) this.byId.set(command.id, command);
    return () => {
      for (const command of commands) if (this.byId.get(command.id) === command) this.byId.delete(command.id);
    };
  }

  /** Every command that is on, with the keys it is declared with. */
  get declared(): Command[] {
    return [...this.byId.values()];
  }

  /** Every command that is on, with the keys that work for this agent. */
  get all(): Command[] {
    return [...this.byId.values()].map((command) => ({
      ...command,
      keys: shortcuts.keysFor(command) || undefined,
    }));
  }

  get available(): Command[] {
    return this.all.filter((command) => !command.when || command.when());
  }

  /** The keys to show beside a button; undefined when there are none, or they are off. */
  keys(id: string): string | undefined {
    const command = this.byId.get(id);
    const keys = command && shortcuts.keysFor(command);
    return keys && shortcuts.isOn(keys) ? keys : undefined;
  }

  run(id: string): void {
    const command = this.byId.get(id);
    if (command && (!command.when || command.when())) command.run();
  }

  /** Handles a key press for the whole page. */
  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || isHalfKey(event)) return;
    const pressed = keysOf(event);
    const isInField = isTyping(event.target);
    const isCharacter = isCharacterKeys(pressed);
    if (isCharacter && (isInField || !shortcuts.isOn(pressed))) return;
    if (isOwnKey(event.target, pressed)) return;
    if (!/^(mod|alt)\+/.test(pressed) && document.querySelector('dialog[open]')) return;
    // Escape closes what lies over the page first; only the next one goes back.
    if (pressed === 'Escape' && document.querySelector('[popover]:popover-open')) return;
    const command = this.find(pressed, isInField);
    if (!command) return;
    event.preventDefault();
    this.first = null;
    // J and then E: what is done to a ticket is done to the one that J opens.
    if (command.group === 'ticket') opening.after(() => this.run(command.id));
    else command.run();
  }

  private find(pressed: string, isInField: boolean): Command | undefined {
    const earlier =
      this.first && Date.now() - this.first.at < SEQUENCE_MS ? `${this.first.keys} ${pressed}` : null;
    this.first = { keys: pressed, at: Date.now() };
    const usable = this.available.filter((command) => !isInField || command.inFields);
    return (earlier && byKeys(usable, earlier)) || byKeys(usable, pressed);
  }
}

/** The command with these keys; keys of its own go before further spellings of another's. */
function byKeys(commands: readonly Command[], keys: string): Command | undefined {
  return (
    commands.findLast((command) => command.keys === keys) ??
    commands.findLast((command) => command.alsoKeys?.includes(keys))
  );
}

function isOwnKey(target: EventTarget | null, pressed: string): boolean {
  const selector = OWN_KEYS[pressed];
  return selector !== undefined && target instanceof HTMLElement && target.closest(selector) !== null;
}

export const commands = new Commands();
