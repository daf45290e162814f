// Builds what `npx countersign` runs: the program (esbuild) and the pages that it serves (vite), both into dist/.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);

const { build } = await import('esbuild').catch(() => {
  console.error(
    'countersign: esbuild is not installed; run `npm ci` without --omit=dev, or add --ignore-scripts to skip the build',
  );
  process.exit(1);
});

async function buildProgram() {
  const { version } = JSON.parse(await readFile(at('package.json'), 'utf8'));
  await rm(at('dist', 'parts'), { recursive: true, force: true });
  await build({
    entryPoints: {
      countersign: at('src/cli/main.ts'),
      connector: at('src/connector/index.ts'),
      'connector-crash-child': at('src/connector/crash-child.ts'),
    },
    outdir: at('dist'),
    chunkNames: 'parts/[name]-[hash]',
    bundle: true,
    // Each command is a chunk of its own, so `countersign --help` does not load the server.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    define: { 'process.env.COUNTERSIGN_VERSION': JSON.stringify(version) },
    logLevel: 'warning',
  });
  await chmod(at('dist/countersign.js'), 0o755);
}

/** What `countersign/connector` promises to whoever writes a responder in TypeScript. */
async function buildTypes() {
  const tsc = at('node_modules', 'typescript', 'bin', 'tsc');
  await rm(at('dist', 'types'), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [tsc, '-p', at('src/connector/tsconfig.types.json')], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}

/** Prompts are read as they lie here; the program has their digests. */
async function copyPrompts() {
  await rm(at('dist', 'prompts'), { recursive: true, force: true });
  await cp(at('prompts'), at('dist', 'prompts'), { recursive: true });
}

async function buildPages() {
  if (!existsSync(at('web/vite.config.ts'))) return;
  const vite = await import('vite');
  await vite.build({ configFile: at('web/vite.config.ts'), root: at('web'), logLevel: 'warn' });
}

await buildProgram();
await buildTypes();
await copyPrompts();
await buildPages();
