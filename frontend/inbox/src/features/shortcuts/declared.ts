import type { Command } from '$lib/commands.svelte';
import { commands } from '$lib/commands.svelte';

type Declares = (hands: unknown) => Command[];
const modules = import.meta.glob<Record<string, unknown>>('../*/commands.ts');

/** Hands that do nothing: only names, groups and keys are read here. */
const idle: unknown = new Proxy(() => undefined, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => '' : idle),
  apply: () => undefined,
});

/**
 * Every command of every feature, also of those that are not on screen: what the functions named
 * `…Commands` in `features/<name>/commands.ts` declare, and whatever is on now.
 */
export async function declared(): Promise<Command[]> {
  const loaded = await Promise.all(Object.values(modules).map((load) => load()));
  const byId = new Map<string, Command>();
  for (const module of loaded) {
    for (const [name, declare] of Object.entries(module)) {
      if (!/^[a-z]\w*Commands$/.test(name) || name.startsWith('add') || typeof declare !== 'function')
        continue;
      for (const command of (declare as Declares)(idle)) byId.set(command.id, command);
    }
  }
  for (const command of commands.declared) byId.set(command.id, command);
  return [...byId.values()];
}
