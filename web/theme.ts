import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** One accent: the ink of a signature. Everything else is neutral, and colour elsewhere means something. */
const ink: MantineColorsTuple = [
  '#eef3fc',
  '#dae4f7',
  '#b3c8ee',
  '#89a9e5',
  '#668fdd',
  '#3f6fca',
  '#2f5db8',
  '#244f9f',
  '#1d4388',
  '#15346d',
];

export const theme = createTheme({
  colors: { ink },
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 6 },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 4,
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
});
