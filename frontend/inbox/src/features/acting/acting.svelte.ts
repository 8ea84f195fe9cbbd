import type { BulkOrder } from '@aftercare/api';

/** What the sheets of this folder work on: the open ticket, or what is picked in the list. */
export type Target = { ids: readonly string[]; selection: BulkOrder['selection'] | null; count: number };

export type Sheet =
  | { kind: 'merge'; target: Target }
  | { kind: 'split'; ticketId: string; messageId: string | null }
  | { kind: 'link'; ticketId: string }
  | { kind: 'spam'; ticketId: string }
  | { kind: 'remove'; ticketId: string }
  | { kind: 'snooze'; target: Target }
  | { kind: 'bulk'; order: BulkOrder; title: string; onstart: () => void };

export type SelectionAct =
  | 'assign'
  | 'status'
  | 'tags'
  | 'priority'
  | 'macro'
  | 'snooze'
  | 'merge'
  | 'close'
  | 'assignMe'
  | 'spam'
  | 'trash';

/** Which sheet is open. The sheets themselves are loaded when the first one is. */
class Acting {
  sheet = $state.raw<Sheet | null>(null);
  /** Set while tickets are picked: keys of the open ticket then act on all of them. */
  onSelection: ((what: SelectionAct) => void) | null = null;

  open(sheet: Sheet): void {
    this.sheet = sheet;
  }

  close(): void {
    this.sheet = null;
  }
}

export const acting = new Acting();

export function oneTicket(id: string): Target {
  return { ids: [id], selection: null, count: 1 };
}
