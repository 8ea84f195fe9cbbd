import { api } from '@aftercare/api';
import { putCustomer } from '@aftercare/live';
import { t } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import { tryTo } from '$lib/load.svelte';
import { handleName } from '$lib/handle';

/** Makes the other customer part of this one; `Z` takes it apart again. True when it is done. */
export async function mergeCustomers(
  app: App,
  survivorId: string,
  sourceId: string,
  take: string[] = [],
): Promise<boolean> {
  const id = crypto.randomUUID();
  const done = await tryTo(app, () => api.mergeCustomers(survivorId, { id, source_id: sourceId, take }));
  if (!done) return false;
  putCustomer(app.records, done.customer);
  putCustomer(app.records, done.source);
  app.undo.offer(t('person.merged', { name: nameOf(done.customer) }), () => undoMerge(app, done.merge_id));
  return true;
}

export async function undoMerge(app: App, mergeId: string): Promise<void> {
  const undone = await tryTo(app, () => api.undoCustomerMerge(mergeId));
  if (!undone) return;
  putCustomer(app.records, undone.customer);
  putCustomer(app.records, undone.source);
  app.toasts.show(t('person.unmerged'));
}

export function nameOf(customer: {
  name: string;
  handles?: readonly { value: string; label?: string }[];
}): string {
  return customer.name || handleName(customer.handles?.[0]) || t('customer.unknown');
}
