import type { ConnectedStore, StoreConnector } from '@aftercare/api';
import { isIconName, t, type IconName } from '@aftercare/ui';

export interface State {
  tone: 'ok' | 'err' | 'warn' | 'off';
  icon: IconName;
  text: string;
}

type Told = Pick<ConnectedStore, 'is_active' | 'backfill' | 'health'>;

/** A store whose set-up was never finished: nothing was ever asked of its platform or service. */
export function isDraft(store: Told): boolean {
  const wasAsked = store.backfill !== null || store.health.last_sync_at !== null;
  return !store.is_active && !wasAsked && store.health.state !== 'disconnected';
}

/** How a store is, in words; the sign beside them is never alone. */
export function stateOf(store: Told): State {
  if (isDraft(store)) return { tone: 'warn', icon: 'circle-dashed', text: t('connect.unfinished') };
  switch (store.health.state) {
    case 'disconnected':
      return { tone: 'off', icon: 'unplug', text: t('stores.disconnected') };
    case 'paused':
      return { tone: 'off', icon: 'minus', text: t('channels.paused') };
    case 'attention':
      return { tone: 'err', icon: 'lock', text: t('stores.attention') };
    case 'failing':
      return { tone: 'err', icon: 'triangle-alert', text: t('channels.failing') };
    case 'ok':
      return { tone: 'ok', icon: 'check', text: t('channels.ok') };
    default:
      return { tone: 'warn', icon: 'clock', text: t('channels.unknown') };
  }
}

/** How far the past orders are read, from 0 to 1; null where the platform does not say how many. */
export function shareDone(run: NonNullable<ConnectedStore['backfill']>): number | null {
  if (run.state === 'done') return 1;
  if (!run.total) return null;
  return Math.min(1, (run.done + run.skipped) / run.total);
}

export const GROUPS = ['shop', 'shipping', 'returns', 'loyalty', 'marketing'] as const;
const ICONS: Record<(typeof GROUPS)[number], IconName> = {
  shop: 'package',
  shipping: 'package-search',
  returns: 'undo-2',
  loyalty: 'star',
  marketing: 'send',
};

/** Why a shop's platform cannot do what others can, each reason once; a service is not asked to. */
export function reasonsOf(connector: Pick<StoreConnector, 'group' | 'missing'>): string[] {
  if (connector.group !== 'shop') return [];
  return [...new Set(connector.missing.map((each) => each.reason))];
}

/** How news gets here, in words; what is known by services is no orders. */
export function howItHears({ group, has_webhooks }: Pick<StoreConnector, 'group' | 'has_webhooks'>): string {
  if (group === 'shop') return t(has_webhooks ? 'stores.canBeCalled' : 'stores.canBeAsked');
  return t(has_webhooks ? 'stores.serviceCalls' : 'stores.serviceIsAsked');
}

export function storeIcon(connector: Pick<StoreConnector, 'icon' | 'group'> | undefined): IconName {
  if (!connector) return 'package';
  return isIconName(connector.icon) ? connector.icon : ICONS[connector.group];
}

/** News of a store is taken over only when it is newer than what is shown. */
export function newer<S extends { version: number }>(known: S | undefined, told: S): boolean {
  return !known || told.version >= known.version;
}
