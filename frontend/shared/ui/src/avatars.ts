// Pictures of people by id. The app says where they are; an avatar of anybody else shows initials.

type Find = (id: string) => string | null | undefined;
let find: Find = () => null;

/** Tells avatars where to look a picture up. Called once, before anything is drawn. */
export function useAvatars(source: Find): void {
  find = source;
}

/** The picture of this person, or null. */
export function avatarOf(id: string): string | null {
  return find(id) ?? null;
}
