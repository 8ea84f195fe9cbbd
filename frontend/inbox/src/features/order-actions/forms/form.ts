import type { Order } from '@aftercare/api';
import type { ActionKind, ActionPreview } from '@aftercare/api/orders.ts';
import type { ApiProblem } from '@aftercare/api';

/** What every form of an action is given: it says what is wanted, the sheet asks what would happen. */
export interface FormProps {
  kind: ActionKind;
  order: Order;
  preview: ActionPreview | null;
  params: Record<string, unknown>;
  /** The server's complaint about what was said, by field. */
  problem: ApiProblem | null;
  /** Null: not yet enough to ask with. */
  onchange: (params: Record<string, unknown> | null) => void;
}

/** Actions that begin with what the agent writes; the others begin with the shop's proposal. */
const WRITTEN_FIRST: readonly ActionKind[] = [
  'edit_address',
  'edit_items',
  'discount_code',
  'store_credit',
  'gift_card',
  'note',
  'tags',
];
export const isWrittenFirst = (kind: ActionKind): boolean => WRITTEN_FIRST.includes(kind);
