import type { PickerName } from '$lib/app.svelte';

/** Which of the shell's overlays are open. */
class Shell {
  isPaletteOpen = $state(false);
  isShortcutsOpen = $state(false);
  isNewTicketOpen = $state(false);
  isNotificationsOpen = $state(false);
  /** The same on a phone, where there is no rail. */
  isNotificationSheetOpen = $state(false);

  openNotifications(): void {
    if (matchMedia('(max-width: 899px)').matches) this.isNotificationSheetOpen = true;
    else this.isNotificationsOpen = !this.isNotificationsOpen;
  }
  isSideOpen = $state(false);
  isViewsOpen = $state(false);
  /** The picker that a key opened in the ticket's header. */
  picker = $state<PickerName | null>(null);
}

export const shell = new Shell();
