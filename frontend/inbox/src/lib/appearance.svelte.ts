import { readStored, store } from './storage';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';
export type TextSize = 'small' | 'normal' | 'large' | 'larger';
export interface AppearanceChoice {
  theme: Theme;
  density: Density;
  textSize: TextSize;
  /** A tag of LANGUAGES, or as the browser says. */
  language: string;
  hasSingleKeys: boolean;
}

const DEFAULTS: AppearanceChoice = {
  theme: 'system',
  density: 'comfortable',
  textSize: 'normal',
  language: 'system',
  hasSingleKeys: true,
};

const TEXT_PERCENT: Record<TextSize, number> = { small: 93.75, normal: 100, large: 112.5, larger: 125 };

/** Theme, density, text size and language: kept in this browser, and by the server for the next. */
class Appearance {
  choice = $state.raw<AppearanceChoice>({
    ...DEFAULTS,
    ...readStored<Partial<AppearanceChoice>>('appearance', {}),
  });
  /** Set by the app: has the server remember what was changed here. */
  save: (settings: Record<string, unknown>) => void = () => undefined;
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');

  constructor() {
    this.dark.addEventListener('change', () => this.show());
  }

  get shownTheme(): 'light' | 'dark' {
    if (this.choice.theme !== 'system') return this.choice.theme;
    return this.dark.matches ? 'dark' : 'light';
  }

  change(part: Partial<AppearanceChoice>): void {
    this.choice = { ...this.choice, ...part };
    store('appearance', this.choice);
    this.show();
    this.save(settingsOf(this.choice));
  }

  /** What the server remembers wins over what this browser does. True when the language is another. */
  take(settings: Readonly<Record<string, unknown>> | undefined): boolean {
    const before = this.choice.language;
    this.choice = { ...this.choice, ...choiceOf(settings ?? {}) };
    const isStored = store('appearance', this.choice);
    this.show();
    return isStored && this.choice.language !== before;
  }

  show(): void {
    document.documentElement.dataset.theme = this.shownTheme;
    document.documentElement.dataset.density = this.choice.density;
    const percent = TEXT_PERCENT[this.choice.textSize];
    document.documentElement.style.fontSize = percent === 100 ? '' : `${percent}%`;
  }

  flipTheme(): void {
    this.change({ theme: this.shownTheme === 'dark' ? 'light' : 'dark' });
  }
}

/** As the server keeps it: language apart, because mails are written in it, too. */
export function settingsOf(choice: AppearanceChoice): Record<string, unknown> {
  const { theme, density, textSize, language, hasSingleKeys } = choice;
  return {
    appearance: { theme, density, text_size: textSize, has_single_keys: hasSingleKeys },
    language: language === 'system' ? null : language,
  };
}

/** What the server knows of it; nothing for what was never chosen. */
export function choiceOf(settings: Readonly<Record<string, unknown>>): Partial<AppearanceChoice> {
  const kept = settings.appearance as Record<string, unknown> | undefined;
  if (!kept) return {};
  const part: Partial<AppearanceChoice> = { language: (settings.language as string | undefined) ?? 'system' };
  if (kept.theme) part.theme = kept.theme as Theme;
  if (kept.density) part.density = kept.density as Density;
  if (typeof kept.text_size === 'string' && kept.text_size in TEXT_PERCENT)
    part.textSize = kept.text_size as TextSize;
  if (typeof kept.has_single_keys === 'boolean') part.hasSingleKeys = kept.has_single_keys;
  return part;
}

export const appearance = new Appearance();
