import type { PickerName } from '$lib/app.svelte';
import { panes } from '$lib/panes.svelte';

const ALL_PANES = '(min-width: 1440px)';
const SIDE_PANE = '(min-width: 1180px)';

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
  /** A macro chosen in the command palette, for the composer to show. */
  macroQuery = '';
  /** To whom the next new ticket goes, if somebody was chosen. */
  newTicketTo: { email: string; name: string } | null = null;

  takeNewTicketTo(): { email: string; name: string } {
    const to = this.newTicketTo;
    this.newTicketTo = null;
    return to ?? { email: '', name: '' };
  }

  takeMacroQuery(): string {
    const query = this.macroQuery;
    this.macroQuery = '';
    return query;
  }

  /** Shows or puts away the views: a pane where there is room, else the list of them. */
  flipViews(): void {
    if (matchMedia(ALL_PANES).matches) panes.flip('views');
    else this.isViewsOpen = !this.isViewsOpen;
  }

  /** Shows or puts away the customer: a pane where there is room, else a sheet over the page. */
  flipSide(): void {
    if (matchMedia(SIDE_PANE).matches) panes.flip('side');
    else this.isSideOpen = !this.isSideOpen;
  }
}

export const shell = new Shell();
