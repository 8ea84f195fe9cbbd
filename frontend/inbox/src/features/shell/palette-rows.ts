import type { Ticket } from '@aftercare/api';
import { t, type IconName } from '@aftercare/ui';
import type { App } from '$lib/app.svelte';
import { commands, type Command } from '$lib/commands.svelte';
import { recentTickets } from '$lib/recent';
import { shortcuts } from '$lib/shortcuts.svelte';
import { best, plain } from './fuzzy';
import { viewName } from '$lib/view-name';
import { handleName } from '$lib/handle';

export type PaletteMode = '' | '>' | '#' | '@' | '/' | '?';
export interface PaletteQuery {
  mode: PaletteMode;
  words: string;
}
export interface PaletteRow {
  id: string;
  heading: string;
  label: string;
  hint: string;
  keys?: string;
  icon?: IconName;
  avatar?: { id: string; name: string };
  staysOpen?: boolean;
  run: () => void;
}
export interface PaletteHands {
  go(path: string): void;
  openTicket(id: string): void;
  macro(name: string, id: string): void;
  type(start: string): void;
}

const MODES = '>#@/?';
const CONTEXTUAL = 6;

/** What the first character asks for, and the words after it. */
export function modeOf(text: string): PaletteQuery {
  const mode = (text[0] && MODES.includes(text[0]) ? text[0] : '') as PaletteMode;
  return { mode, words: text.slice(mode.length).trim() };
}

/** Everything this browser knows itself, at once. */
export function localRows(
  app: App,
  query: PaletteQuery,
  hands: PaletteHands,
  openTicketId: string | null,
): PaletteRow[] {
  const { mode, words } = query;
  if (mode === '>') return commandRows(words, 50);
  if (mode === '#') return numberRows(app, words, hands);
  if (mode === '@') return [...colleagueRows(app, words, hands), ...customerRows(app, words, hands, 8)];
  if (mode === '/') return macroRows(app, words, hands);
  if (mode === '?') return [...prefixRows(hands), ...keyRows(words)];
  if (!words)
    return [...commandRows('', CONTEXTUAL, openTicketId !== null), ...recentRows(app, hands, openTicketId)];
  const found = commandRows(words, 6);
  const views = viewRows(app, words, hands);
  const people = [...ticketRows(app, words, hands), ...customerRows(app, words, hands, 3)];
  // Who writes how a view begins means the view, whatever commands have the letters somewhere.
  if (isNamed(views, words) && !isNamed(found, words)) return [...views, ...found, ...people];
  return [...found, ...people, ...views];
}

function isNamed(rows: readonly PaletteRow[], words: string): boolean {
  return rows.some((row) => plain(row.label).startsWith(plain(words)));
}

export function ticketRow(
  app: App,
  ticket: Ticket,
  hands: PaletteHands,
  heading = t('palette.tickets'),
): PaletteRow {
  const name = app.records.customers.get(ticket.customer_id)?.name ?? '';
  return {
    id: ticket.id,
    heading,
    label: ticket.subject || t('ticket.noSubject'),
    hint: [name, `#${ticket.number}`].filter(Boolean).join(' · '),
    avatar: { id: ticket.customer_id, name: name || '?' },
    run: () => hands.openTicket(ticket.id),
  };
}

export function customerRow(
  customer: { id: string; name: string; handles?: readonly { value: string }[] },
  hands: PaletteHands,
): PaletteRow {
  const address = handleName(customer.handles?.[0]);
  const name = customer.name || address || t('customer.unknown');
  return {
    id: customer.id,
    heading: t('nav.customers'),
    label: name,
    hint: name === address ? '' : address,
    avatar: { id: customer.id, name },
    run: () => hands.go(`/customers/${customer.id}`),
  };
}

const GROUPS: Command['group'][] = ['ticket', 'reply', 'list', 'go', 'app'];

function commandRows(words: string, limit: number, isTicketOpen = true): PaletteRow[] {
  const usable = commands.available
    .filter((each) => !each.isHidden && each.id !== 'palette')
    .sort((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group));
  const first = isTicketOpen ? usable : usable.filter((each) => each.group !== 'reply');
  // Only the best of a group stand under its heading: sorted by score, then gathered.
  const shown = best(words ? usable : first, (each) => `${each.label} ${each.aliases ?? ''}`, words, limit);
  return shown.map((command) =>
    commandRow(command, words ? t('palette.commands') : t(`group.${command.group}`)),
  );
}

function commandRow(command: Command, heading: string): PaletteRow {
  return {
    id: `command-${command.id}`,
    heading,
    label: command.label,
    hint: '',
    keys: command.keys && shortcuts.isOn(command.keys) ? command.keys : undefined,
    icon: command.icon ?? 'chevron-right',
    run: () => commands.run(command.id),
  };
}

function recentRows(app: App, hands: PaletteHands, openTicketId: string | null): PaletteRow[] {
  return recentTickets()
    .flatMap((id) => (id === openTicketId ? [] : (app.records.tickets.get(id) ?? [])))
    .slice(0, 5)
    .map((ticket) => ticketRow(app, ticket, hands, t('palette.recent')));
}

function numberRows(app: App, words: string, hands: PaletteHands): PaletteRow[] {
  return [...app.records.tickets.values()]
    .filter((ticket) => String(ticket.number).startsWith(words))
    .sort((a, b) => a.number - b.number)
    .slice(0, 8)
    .map((ticket) => ticketRow(app, ticket, hands));
}

function ticketRows(app: App, words: string, hands: PaletteHands): PaletteRow[] {
  const text = (ticket: Ticket) =>
    `#${ticket.number} ${ticket.number} ${ticket.subject} ${app.records.customers.get(ticket.customer_id)?.name ?? ''}`;
  return best([...app.records.tickets.values()], text, words, 5).map((ticket) =>
    ticketRow(app, ticket, hands),
  );
}

function customerRows(app: App, words: string, hands: PaletteHands, limit: number): PaletteRow[] {
  const known = [...app.records.customers.values()].filter((each) => !each.merged_into_id);
  const text = (each: (typeof known)[number]) =>
    `${each.name} ${each.handles?.map(handleName).join(' ') ?? ''}`;
  return best(known, text, words, limit).map((each) => customerRow(each, hands));
}

function colleagueRows(app: App, words: string, hands: PaletteHands): PaletteRow[] {
  const active = [...app.records.users.values()].filter((user) => user.is_active);
  return best(active, (user) => `${user.name} ${user.email}`, words, 6).map((user) => ({
    id: user.id,
    heading: t('palette.colleagues'),
    label: user.name,
    hint: t('palette.theirTickets'),
    avatar: { id: user.id, name: user.name },
    run: () => hands.go(`/inbox/all?q=${encodeURIComponent(`assignee:"@${user.name}"`)}`),
  }));
}

function macroRows(app: App, words: string, hands: PaletteHands): PaletteRow[] {
  return best([...app.records.macros.values()], (macro) => `${macro.name} ${macro.folder}`, words, 20).map(
    (macro) => ({
      id: macro.id,
      heading: t('command.macros'),
      label: macro.name,
      hint: macro.folder,
      icon: 'zap',
      run: () => hands.macro(macro.name, macro.id),
    }),
  );
}

function viewRows(app: App, words: string, hands: PaletteHands): PaletteRow[] {
  return best(app.views, viewName, words, 3).map((view) => ({
    id: `view-${view.id}`,
    heading: t('palette.views'),
    label: viewName(view),
    hint: '',
    icon: 'layers',
    run: () => hands.go(`/inbox/${view.slug}`),
  }));
}

function prefixRows(hands: PaletteHands): PaletteRow[] {
  const ways = [
    ['>', t('palette.commands')],
    ['#', t('palette.number')],
    ['@', t('palette.people')],
    ['/', t('command.macros')],
  ] as const;
  return ways.map(([start, label]) => ({
    id: `prefix-${start}`,
    heading: t('palette.help'),
    label: `${start}  ${label}`,
    hint: '',
    icon: 'chevron-right',
    staysOpen: true,
    run: () => hands.type(start),
  }));
}

function keyRows(words: string): PaletteRow[] {
  const named = commands.available.filter((each) => each.keys && !each.isHidden);
  return best(named, (each) => `${each.label} ${plain(each.keys ?? '')}`, words, 60).map((command) =>
    commandRow(command, t('command.shortcuts')),
  );
}
