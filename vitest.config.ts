import { defineConfig } from 'vitest/config';
import { POLICY_FLAGS } from './src/app/node-flags.ts';

// Tests that start processes, databases and browsers share two cores in CI, so the waits are generous and the workers few.
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'web/**/*.test.ts', 'web/**/*.test.tsx', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    environment: 'node',
    globalSetup: ['test/postgres-setup.ts'],
    pool: 'forks',
    execArgv: [...POLICY_FLAGS],
    maxWorkers: 2,
    testTimeout: 30_000,
    // Some servers of the second lane take a minute to be set up, and two of them at once take longer.
    hookTimeout: 240_000,
  },
});
