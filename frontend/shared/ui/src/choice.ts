import type { IconName } from './icons';

/** One line of a picker. */
export interface Choice<T> {
  value: T;
  label: string;
  /** Further words to find it by. */
  aliases?: string;
  hint?: string;
  icon?: IconName;
  avatar?: { id: string; name: string };
  isOn?: boolean;
}
