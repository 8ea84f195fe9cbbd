import type { Command } from '$lib/commands.svelte';
import { shortcuts } from '$lib/shortcuts.svelte';

/** Those that have these keys already, or keys of which one sequence is the beginning of the other. */
export function rivals(commands: readonly Command[], id: string, keys: string): Command[] {
  return commands.filter((each) => {
    if (each.id === id) return false;
    const theirs = shortcuts.keysFor(each);
    if (!theirs) return false;
    return theirs === keys || theirs.startsWith(`${keys} `) || keys.startsWith(`${theirs} `);
  });
}

/** The agent's keys with this command on these; whoever had the same has none from now on. */
export function assigned(commands: readonly Command[], id: string, keys: string): Record<string, string> {
  const taken = rivals(commands, id, keys).filter((each) => shortcuts.keysFor(each) === keys);
  return {
    ...shortcuts.choice.keys,
    ...Object.fromEntries(taken.map((each) => [each.id, ''])),
    [id]: keys,
  };
}
