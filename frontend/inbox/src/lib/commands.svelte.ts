import { isTyping, keysOf, type IconName } from '@aftercare/ui';
import { SvelteMap } from 'svelte/reactivity';
import { appearance } from './appearance.svelte';

/** Something the agent can do: shown in the palette and in the “?” sheet, and run by its keys. */
export interface Command {
  id: string;
  label: string;
  group: 'ticket' | 'list' | 'reply' | 'go' | 'app';
  /** “e”, “mod+Enter”, or two after one another: “g i”. */
  keys?: string;
  /** Further spellings of the keys, not shown. */
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

/** The one list of commands. Screens add theirs while they are on. */
export class Commands {
  private readonly byId = new SvelteMap<string, Command>();
  private first: { key: string; at: number } | null = null;

  /** Registers commands; returns how to take them away again. */
  add(commands: readonly Command[]): () => void {
    for (const command of commands) this.byId.set(command.id, command);
    return () => {
      for (const command of commands) if (this.byId.get(command.id) === command) this.byId.delete(command.id);
    };
  }

  get all(): Command[] {
    return [...this.byId.values()];
  }

  get available(): Command[] {
    return this.all.filter((command) => !command.when || command.when());
  }

  run(id: string): void {
    const command = this.byId.get(id);
    if (command && (!command.when || command.when())) command.run();
  }

  /** Handles a key press for the whole page. */
  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing) return;
    const pressed = keysOf(event);
    const isSingle =
      !pressed.includes('mod+') && !pressed.includes('alt+') && pressed !== 'F6' && pressed !== 'shift+F6';
    if (isSingle && (isTyping(event.target) || !appearance.choice.hasSingleKeys) && pressed !== 'Escape')
      return;
    if (document.querySelector('dialog[open]') && isSingle) return;
    const command = this.find(pressed, isTyping(event.target));
    if (!command) return;
    event.preventDefault();
    command.run();
  }

  private find(pressed: string, isInField: boolean): Command | undefined {
    const earlier =
      this.first && Date.now() - this.first.at < SEQUENCE_MS ? `${this.first.key} ${pressed}` : null;
    this.first = { key: pressed, at: Date.now() };
    const usable = this.available.filter((command) => !isInField || command.inFields);
    const has = (command: Command, keys: string) => command.keys === keys || command.alsoKeys?.includes(keys);
    return (
      (earlier && usable.find((command) => has(command, earlier))) ||
      usable.find((command) => has(command, pressed))
    );
  }
}

export const commands = new Commands();
