import { api, type Ticket, type User } from '@aftercare/api';
import { putTicket } from '@aftercare/live';
import { t } from '@aftercare/ui';
import type { App } from './app.svelte';
import { tryTo } from './load.svelte';

/** Whether tickets of this team (null: of none) are mine to see. */
export function seesTeam(app: App, teamId: string | null): boolean {
  if (teamId === null || !app.records.teams.get(teamId)?.is_private) return true;
  return app.me?.role === 'admin' || (app.me?.team_ids.includes(teamId) ?? false);
}

/** Whether this person could be given the ticket: not if it is their eyes that a private team keeps out. */
export function canBeGiven(app: App, user: User, ticket: Ticket): boolean {
  const team = ticket.team_id ? app.records.teams.get(ticket.team_id) : undefined;
  return !team?.is_private || user.role === 'admin' || user.team_ids.includes(team.id);
}

/** How many open tickets the person may hold: of the ticket's team, else the least strict of theirs. */
export function capacityOf(app: App, user: User, teamId: string | null): number | null {
  const teams = user.team_ids.flatMap((id) => app.records.teams.get(id) ?? []);
  const own = teams.find((team) => team.id === teamId);
  if (own) return own.capacity;
  if (teams.length === 0 || teams.some((team) => team.capacity === null)) return null;
  return Math.max(...teams.map((team) => team.capacity ?? 0));
}

export async function setAvailable(app: App, isAvailable: boolean): Promise<void> {
  const user = await tryTo(app, () => api.setAvailable(isAvailable));
  if (!user) return;
  app.records.users.set(user.id, user);
  if (app.me) app.me = { ...app.me, ...user };
  app.toasts.show(t(user.is_available ? 'availability.nowOn' : 'availability.nowOff'));
}

/** The ticket that should be answered next becomes mine; answers its id, or null when none waits. */
export async function takeNext(app: App): Promise<string | null> {
  const answer = await tryTo(app, () => api.takeNext());
  if (!answer) return null;
  if (!answer.ticket) {
    app.toasts.show(t('next.none'));
    return null;
  }
  putTicket(app.records, answer.ticket);
  app.toasts.show(t('next.taken', { n: String(answer.ticket.number) }));
  return answer.ticket.id;
}
