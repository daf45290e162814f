// `node tools/tour.mjs`: takes the pictures of docs/tour.md anew, from the journey that the browser test walks.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'test/browser/tour.ts'], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
