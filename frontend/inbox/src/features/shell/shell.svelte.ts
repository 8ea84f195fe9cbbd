import type { PickerName } from '$lib/app.svelte';

/** Which of the shell's overlays are open. */
class Shell {
  isPaletteOpen = $state(false);
  isShortcutsOpen = $state(false);
  isNewTicketOpen = $state(false);
  isSideOpen = $state(false);
  isViewsOpen = $state(false);
  /** The picker that a key opened in the ticket's header. */
  picker = $state<PickerName | null>(null);
}

export const shell = new Shell();
