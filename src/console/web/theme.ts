import { type CSSVariablesResolver, createTheme } from '@mantine/core';

/** Colours are chosen so that text on them, and they as text, reach the contrast of WCAG AA in both schemes. */
export const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 9 },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: { Badge: { defaultProps: { tt: 'none' } } },
});

/** Under the pointer a button grows darker: the lighter shade that it would take has too little contrast with its text. */
const HOVERED = { '--mantine-color-cyan-filled-hover': '#0a6273' };

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...HOVERED,
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
  },
  dark: {
    ...HOVERED,
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
  },
});

/** Apart for most eyes, and on both grounds. The last one is for "all others". */
export const SERIES = [
  '#1098ad',
  '#e8590c',
  '#7048e8',
  '#2f9e44',
  '#d6336c',
  '#f08c00',
  '#1c7ed6',
  '#868e96',
];
