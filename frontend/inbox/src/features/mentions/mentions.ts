import type { Mention, Team, Ticket, User } from '@aftercare/api';

/** Somebody who can be named with @: a colleague or a team. */
export interface Mentionable extends Mention {
  /** Below the name: an address, or how many a team are. */
  hint: string;
  aliases: string;
}

const MAX_QUERY = 40;
const STARTS_A_NAME = /(^|[\s([{“„"'])@([^\n@]*)$/u;

/** The @name that is being written at the caret, or null. `start` is where its @ stands. */
export function mentionAt(text: string, caret: number): { start: number; query: string } | null {
  const found = STARTS_A_NAME.exec(text.slice(0, caret));
  const query = found?.[2];
  if (!found || query === undefined || query.length > MAX_QUERY || /^\s/.test(query)) return null;
  return { start: caret - query.length - 1, query };
}

function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

/** Everybody who may be named on this ticket, without oneself; teams after people. */
export function mentionables(
  users: Iterable<User>,
  teams: Iterable<Team>,
  me: string | undefined,
  ticket?: Pick<Ticket, 'team_id'>,
): Mentionable[] {
  const listed = [...users];
  const isClosed = (team: Team) => (team as Team & { is_private?: boolean }).is_private === true;
  const private_ = [...teams].find((team) => team.id === ticket?.team_id && isClosed(team));
  const maySee = (user: User) => !private_ || user.role === 'admin' || user.team_ids.includes(private_.id);
  const people = listed
    .filter((user) => user.is_active && user.id !== me && maySee(user))
    .map((user): Mentionable => ({
      kind: 'user',
      id: user.id,
      name: user.name,
      hint: user.email,
      aliases: user.email,
    }));
  const groups = [...teams].map((team): Mentionable => ({
    kind: 'team',
    id: team.id,
    name: team.name,
    hint: String(listed.filter((user) => user.is_active && user.team_ids.includes(team.id)).length),
    aliases: '',
  }));
  const byName = (a: Mentionable, b: Mentionable) => a.name.localeCompare(b.name);
  return [...people.sort(byName), ...groups.sort(byName)];
}

/** Those whose name has a word that begins so come first, then those that contain it. */
export function findMentionables(all: readonly Mentionable[], query: string): Mentionable[] {
  const wanted = folded(query.trim());
  if (!wanted) return [...all];
  const rank = (one: Mentionable) => {
    const name = folded(one.name);
    if (name.startsWith(wanted)) return 0;
    if (name.split(/\s+/).some((word) => word.startsWith(wanted))) return 1;
    return name.includes(wanted) || folded(one.aliases).includes(wanted) ? 2 : 3;
  };
  return all
    .map((one) => ({ one, rank: rank(one) }))
    .filter((each) => each.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((each) => each.one);
}

/** Those of the picked whose @name still stands in the text: their ids go out with the note. */
export function stillMentioned<T extends Pick<Mention, 'id' | 'name'>>(
  text: string,
  picked: readonly T[],
): T[] {
  const seen = new Set<string>();
  return picked.filter((one) => {
    if (seen.has(one.id) || !text.includes(`@${one.name}`)) return false;
    seen.add(one.id);
    return true;
  });
}

export interface MentionPart {
  text: string;
  mention: Mention | null;
}

/** Splits a note's text at the names it mentions, the longest name first where two begin alike. */
export function splitMentions(text: string, mentions: readonly Mention[]): MentionPart[] {
  const names = [...mentions].sort((a, b) => b.name.length - a.name.length);
  const parts: MentionPart[] = [];
  let plain = '';
  for (let at = 0; at < text.length;) {
    const mention = text[at] === '@' ? names.find((one) => text.startsWith(one.name, at + 1)) : undefined;
    if (!mention) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain) parts.push({ text: plain, mention: null });
    plain = '';
    parts.push({ text: `@${mention.name}`, mention });
    at += mention.name.length + 1;
  }
  if (plain) parts.push({ text: plain, mention: null });
  return parts;
}
