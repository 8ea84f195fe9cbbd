import { readStored, store } from './storage';

export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact';
export interface AppearanceChoice {
  theme: Theme;
  density: Density;
  /** A tag of LANGUAGES, or as the browser says. */
  language: string;
  hasSingleKeys: boolean;
}

const DEFAULTS: AppearanceChoice = {
  theme: 'system',
  density: 'comfortable',
  language: 'system',
  hasSingleKeys: true,
};

/** Theme, density, language and shortcuts of this browser. */
class Appearance {
  choice = $state.raw<AppearanceChoice>({
    ...DEFAULTS,
    ...readStored<Partial<AppearanceChoice>>('appearance', {}),
  });
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
  }

  show(): void {
    document.documentElement.dataset.theme = this.shownTheme;
    document.documentElement.dataset.density = this.choice.density;
  }

  flipTheme(): void {
    this.change({ theme: this.shownTheme === 'dark' ? 'light' : 'dark' });
  }
}

export const appearance = new Appearance();
