import type { ActionKind } from '@aftercare/api/orders.ts';
import { t } from '@aftercare/ui';
import type { IconName } from '@aftercare/ui';
import type { Command } from '$lib/commands.svelte';

interface OrderHands {
  /** Whether the platform of the order in hand offers it, and the person may. */
  may(kind: ActionKind): boolean;
  act(kind: ActionKind): void;
  hasOrder(): boolean;
  open(): void;
  find(): void;
  approvals(): void;
}

/** As they stand on the order's card: Alt and the number does the same. */
const ACTIONS: readonly [ActionKind, IconName, string][] = [
  ['cancel', 'ban', 'cancel stop order'],
  ['edit_address', 'pen-line', 'shipping address change'],
  ['refund', 'undo-2', 'refund money back'],
  ['return_label', 'package', 'return label rma'],
  ['duplicate', 'copy', 'replacement resend again duplicate'],
  ['edit_items', 'list-filter', 'change items remove add'],
  ['discount_code', 'tag', 'discount coupon code'],
  ['store_credit', 'star', 'store credit gift card'],
  ['hold', 'hourglass', 'hold stop fulfilment'],
];
const WITHOUT_KEYS: readonly [ActionKind, IconName, string][] = [
  ['gift_card', 'star', 'gift card voucher'],
  ['release', 'check', 'release hold'],
  ['note', 'file-text', 'order note'],
  ['tags', 'tag', 'order tags'],
];

/** What can be done to the order in hand: the one picked for the ticket, else the open card. */
export function orderCommands(hands: OrderHands): Command[] {
  const command = ([kind, icon, aliases]: readonly [ActionKind, IconName, string]): Command => ({
    id: `order.${kind}`,
    label: t(`oact.name.${kind}`),
    group: 'ticket',
    icon,
    aliases,
    when: () => hands.may(kind),
    run: () => hands.act(kind),
  });
  return [
    ...ACTIONS.map((each, index) => ({ ...command(each), keys: `alt+${index + 1}` })),
    ...WITHOUT_KEYS.map(command),
    {
      id: 'openOrder',
      label: t('oact.openOrder'),
      group: 'ticket',
      icon: 'package',
      aliases: 'order details parcel tracking',
      when: hands.hasOrder,
      run: hands.open,
    },
    {
      id: 'findOrder',
      label: t('oact.findOrder'),
      group: 'go',
      icon: 'package-search',
      aliases: 'search order number tracking parcel',
      run: hands.find,
    },
    {
      id: 'approvals',
      label: t('oact.approvals'),
      group: 'go',
      icon: 'shield-check',
      aliases: 'approve requests refund waiting',
      run: hands.approvals,
    },
  ];
}
