// `npm run test:attacks`: every attack against the product and without the one control that stops it. Prints both, with the
// requirements that the control answers; the last line is the count, and the exit code says whether all is as it should be.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONTROLS } from './catalogue.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const results = join(root, 'test-results', 'attacks');

rmSync(results, { recursive: true, force: true });
const { status } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', 'test/attacks', '--silent', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);

const rows = readdirSync(results, { withFileTypes: true })
  .filter(entry => entry.name.endsWith('.json'))
  .flatMap(entry => JSON.parse(readFileSync(join(results, entry.name), 'utf8')))
  .sort((a, b) => a.id.localeCompare(b.id));
const ran = rows.filter(row => row.didSucceed !== undefined && row.didSucceedWithout !== undefined);
const notRun = rows.filter(row => !ran.includes(row));
const succeeded = ran.filter(row => row.didSucceed);
const unneeded = ran.filter(row => !row.didSucceedWithout);
const necessary = new Set(ran.filter(row => !row.didSucceed && row.didSucceedWithout).map(row => row.id));

console.log('\ncontrol   against the product   without the control');
for (const row of ran) {
  console.log(
    `${row.id}    ${row.didSucceed ? 'SUCCEEDED' : 'refused  '}             ${row.didSucceedWithout ? 'succeeded' : 'REFUSED STILL'}`,
  );
  console.log(`          ${row.attack}`);
  console.log(`          taken out: ${row.control}`);
  console.log(
    `          answers ${CONTROLS[row.id]?.satisfies.join(' · ') ?? 'a control that the catalogue does not have'}`,
  );
}
for (const row of notRun) console.log(`${row.id}    not run: ${row.attack}: ${row.product}`);
const unattacked = Object.keys(CONTROLS).filter(id => !rows.some(row => row.id === id));
if (unattacked.length > 0) console.log(`\nControls without an attack of this kind: ${unattacked.join(', ')}.`);
console.log(`${ran.length} attacks, ${succeeded.length} succeeded, ${necessary.size} controls proved necessary`);
const isWhole = status === 0 && ran.length > 0 && succeeded.length === 0 && unneeded.length === 0;
process.exit(isWhole ? 0 : 1);
