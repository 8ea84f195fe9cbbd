import { goto } from '$app/navigation';
import { addReportCommands } from '$features/reports/commands';
import { addRuleCommands } from '$features/rules/commands';
import type { App } from '$lib/app.svelte';
import { commands } from '$lib/commands.svelte';
import { actingOnOrders } from './acting-on-orders.svelte';
import { orderCommands } from './commands';
import { countWaiting } from './waiting';

const EVERYWHERE = ['findOrder', 'approvals'];

/** Looking for an order and what waits for a decision: also where no order is in hand. */
export function addOrderCommands(app: App): () => void {
  const all = orderCommands({
    may: () => false,
    act: () => undefined,
    hasOrder: () => false,
    open: () => undefined,
    find: () => actingOnOrders.open({ kind: 'find', text: '', ticketId: null }),
    approvals: () => void goto('/approvals'),
  });
  const remove = commands.add(all.filter((command) => EVERYWHERE.includes(command.id)));
  const removeReports = addReportCommands(app);
  const removeRules = addRuleCommands(app);
  const stop = countWaiting(app);
  return () => {
    remove();
    removeReports();
    removeRules();
    stop();
  };
}
