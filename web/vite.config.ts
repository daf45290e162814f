import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(here('../package.json'), 'utf8')) as { version: string };

/**
 * `COUNTERSIGN_FIXTURES=1 npx vite -c web/vite.config.ts web` answers the API from made-up data in web/dev, so that a
 * page can be worked on without a server. It exists in the development server only: nothing of it is built.
 */
function fixtures(): Plugin {
  return {
    name: 'countersign-fixtures',
    apply: 'serve',
    async configureServer(server) {
      const { attachFixtures } = await import('./dev/attach.ts');
      attachFixtures(server);
    },
  };
}

export default defineConfig(({ command }) => ({
  root: here('.'),
  base: '/',
  plugins: [react(), ...(command === 'serve' && process.env['COUNTERSIGN_FIXTURES'] === '1' ? [fixtures()] : [])],
  define: { __COUNTERSIGN_VERSION__: JSON.stringify(version) },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    strictPort: true,
    // Without fixtures, the development server hands API calls on to a running Countersign.
    proxy:
      process.env['COUNTERSIGN_FIXTURES'] === '1'
        ? {}
        : {
            '/api/v1': process.env['COUNTERSIGN_API'] ?? 'http://localhost:8080',
            '/log': process.env['COUNTERSIGN_API'] ?? 'http://localhost:8080',
          },
  },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    // A data: URL would be an inline resource, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 700,
  },
}));
