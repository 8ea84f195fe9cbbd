import { t, type IconName } from '@aftercare/ui';

export interface Place {
  href: string;
  /** Addresses that belong to this place. */
  start: string;
  label: string;
  icon: IconName;
}

export function places(): Place[] {
  return [
    { href: '/inbox/mine', start: '/inbox', label: t('nav.inbox'), icon: 'inbox' },
    { href: '/search', start: '/search', label: t('nav.search'), icon: 'search' },
    { href: '/customers', start: '/customers', label: t('nav.customers'), icon: 'users-round' },
    { href: '/approvals', start: '/approvals', label: t('nav.approvals'), icon: 'shield-check' },
    { href: '/reports/overview', start: '/reports', label: t('nav.reports'), icon: 'chart-column' },
    { href: '/automations/rules', start: '/automations', label: t('nav.automations'), icon: 'workflow' },
    { href: '/settings/channels', start: '/settings', label: t('nav.settings'), icon: 'settings-2' },
  ];
}

export function isHere(place: Place, path: string): boolean {
  return path === place.start || path.startsWith(`${place.start}/`);
}
