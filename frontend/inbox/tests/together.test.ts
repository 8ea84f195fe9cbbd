import type { Team, Ticket, User } from '@aftercare/api';
import { expect, test } from 'vitest';
import { firstHeight, taller } from '../src/features/ticket/frame-height';
import type { App } from '../src/lib/app.svelte';
import { canBeGiven, capacityOf, seesTeam } from '../src/lib/together';

const team = (id: string, part: Partial<Team> = {}): Team => ({
  id,
  name: id,
  strategy: 'manual',
  capacity: null,
  is_private: false,
  ...part,
});
const person = (part: Partial<User>) =>
  ({ id: 'u', role: 'agent', team_ids: [], ...part }) as unknown as User;
function appOf(teams: Team[], me: User): App {
  return { me, records: { teams: new Map(teams.map((each) => [each.id, each])) } } as unknown as App;
}

test('a private team is seen by its members and admins, an open one by everybody', () => {
  const teams = [team('legal', { is_private: true }), team('orders')];
  expect(seesTeam(appOf(teams, person({})), 'legal')).toBe(false);
  expect(seesTeam(appOf(teams, person({ team_ids: ['legal'] })), 'legal')).toBe(true);
  expect(seesTeam(appOf(teams, person({ role: 'admin' })), 'legal')).toBe(true);
  expect(seesTeam(appOf(teams, person({})), 'orders')).toBe(true);
  expect(seesTeam(appOf(teams, person({})), null)).toBe(true);
});

test('a ticket of a private team is given to nobody outside it', () => {
  const app = appOf([team('legal', { is_private: true })], person({ role: 'admin' }));
  const ticket = { team_id: 'legal' } as Ticket;
  expect(canBeGiven(app, person({}), ticket)).toBe(false);
  expect(canBeGiven(app, person({ team_ids: ['legal'] }), ticket)).toBe(true);
  expect(canBeGiven(app, person({}), { team_id: null } as Ticket)).toBe(true);
});

test('the capacity is that of the ticket’s team, else of the least strict team', () => {
  const app = appOf([team('a', { capacity: 5 }), team('b', { capacity: 20 }), team('c')], person({}));
  expect(capacityOf(app, person({ team_ids: ['a', 'b'] }), 'a')).toBe(5);
  expect(capacityOf(app, person({ team_ids: ['a', 'b'] }), null)).toBe(20);
  expect(capacityOf(app, person({ team_ids: ['a', 'c'] }), null)).toBeNull();
  expect(capacityOf(app, person({}), null)).toBeNull();
});

test('a frame begins as high as its words and grows in steps, never without end', () => {
  expect(firstHeight('Hi', '', 0)).toBe(120);
  expect(firstHeight('line\n'.repeat(400), '', 3)).toBe(560);
  expect(firstHeight('line\n'.repeat(8), '', 0)).toBeGreaterThan(firstHeight('line\n'.repeat(5), '', 0));
  expect(taller(300)).toBe(600);
  expect(taller(5000)).toBe(6000);
});
