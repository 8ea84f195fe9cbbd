import { api, ApiProblem } from '@aftercare/api';
import { putTicket } from '@aftercare/live';
import { t } from '@aftercare/ui';
import type { App } from './app.svelte';

/** Takes the merge of this ticket back; a toast says what came of it. */
export async function unmergeTicket(app: App, id: string): Promise<boolean> {
  try {
    const { ticket, other } = await api.unmerge(id);
    putTicket(app.records, ticket);
    putTicket(app.records, other);
    app.toasts.show(t('acting.unmerged', { number: `#${ticket.number}` }));
    return true;
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (!app.noticeSignedOut(problem)) app.toasts.show(problem.message, { kind: 'problem' });
    return false;
  }
}
