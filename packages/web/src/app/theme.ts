import { stored } from './stored.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** Light, dark, or what the system has. */
export const theme = stored<Theme>('theme', 'system', (text): text is Theme =>
  (THEMES as readonly string[]).includes(text),
);

const systemDark = window.matchMedia('(prefers-color-scheme: dark)');

export function isDark(): boolean {
  return theme.get() === 'dark' || (theme.get() === 'system' && systemDark.matches);
}

/** Keeps the document in the chosen theme from here on. */
export function applyTheme(): void {
  const apply = () => {
    document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  };
  apply();
  theme.subscribe(apply);
  systemDark.addEventListener('change', apply);
}
