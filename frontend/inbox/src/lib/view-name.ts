import type { View } from '@aftercare/api';
import { t, type Word } from '@aftercare/ui';

/** The shipped views with the names they are stored under. */
const SHIPPED: Readonly<Record<string, { name: string; word: Word }>> = {
  mine: { name: 'My queue', word: 'views.shipped.mine' },
  unassigned: { name: 'Unassigned', word: 'views.shipped.unassigned' },
  mentions: { name: 'Mentions', word: 'views.shipped.mentions' },
  all: { name: 'All open', word: 'views.shipped.all' },
  snoozed: { name: 'Snoozed', word: 'views.shipped.snoozed' },
  closed: { name: 'Closed', word: 'views.shipped.closed' },
  urgent: { name: 'Urgent', word: 'views.shipped.urgent' },
  cancellations: { name: 'Cancellations', word: 'views.shipped.cancellations' },
  wismo: { name: 'Where is my order', word: 'views.shipped.wismo' },
  email: { name: 'Email', word: 'views.shipped.email' },
};

/** A view's name: of a shipped one that nobody renamed, in the reader's language. */
export function viewName(view: Pick<View, 'slug' | 'name' | 'is_shipped'>): string {
  const shipped = view.is_shipped ? SHIPPED[view.slug] : undefined;
  return shipped?.name === view.name ? t(shipped.word) : view.name;
}
