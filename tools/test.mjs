// `npm test`: every test that this machine can run. Names those that it cannot, and why; the last line is the count.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);

function run(command, args, env = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;
}

/** Tests start the built program: it has to be there, and the pages too. */
if (!existsSync(at('dist', 'countersign.js')) && run(process.execPath, [at('tools', 'build.mjs')]) !== 0)
  process.exit(1);

const totalsFile = at('test-results', 'totals.json');
mkdirSync(at('test-results'), { recursive: true });
rmSync(totalsFile, { force: true });
const status = run(
  process.execPath,
  [
    at('node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${at('tools', 'test-reporter.mjs')}`,
    ...process.argv.slice(2),
  ],
  { COUNTERSIGN_TEST_TOTALS: totalsFile },
);

if (!existsSync(totalsFile)) {
  console.log('The tests did not finish.\n0 passed, 1 failed');
  process.exit(1);
}
const totals = JSON.parse(readFileSync(totalsFile, 'utf8'));
printMissing();
printNotRun(totals.notRun);
const failed = totals.failed === 0 && status !== 0 ? 1 : totals.failed;
const skipped = totals.skipped === 0 ? '' : `, ${totals.skipped} skipped`;
console.log(`${totals.passed} passed, ${failed} failed${skipped}`);
process.exit(failed > 0 || totals.passed === 0 ? 1 : 0);

function printMissing() {
  const has = (...names) =>
    names.some(
      name => spawnSync('sh', ['-c', `command -v ${name} || test -x ${name}`], { stdio: 'ignore' }).status === 0,
    );
  const needs = [
    ['root', process.getuid?.() === 0, 'isolation of the processes from each other', 'run as root'],
    [
      'chromium',
      has('chromium', 'chromium-browser', 'google-chrome'),
      'the pages in a real browser',
      'apt-get install chromium',
    ],
    [
      'slapd',
      has('slapd', '/usr/sbin/slapd'),
      'the LDAP responder against a real directory',
      'apt-get install slapd ldap-utils',
    ],
    ['redis-server', has('redis-server'), 'the Redis responder against a real server', 'apt-get install redis-server'],
    [
      'dovecot',
      has('/usr/lib/dovecot/imap'),
      'the mail responder against a real server',
      'apt-get install dovecot-imapd',
    ],
    [
      'postgresql',
      has('postgres') || existsSync('/usr/lib/postgresql'),
      'DATABASE_URL against a PostgreSQL that is not ours',
      'apt-get install postgresql',
    ],
    [
      'test/contract',
      existsSync(at('test', 'contract', 'node_modules')),
      'the GitHub responder against GitHub’s own document',
      'npm ci --prefix test/contract',
    ],
    [
      '../shared/data',
      existsSync(at('..', 'shared', 'data')),
      'measurements on real alerts',
      'put the data beside the checkout',
    ],
  ];
  const missing = needs.filter(([, isHere]) => !isHere);
  if (missing.length === 0) return;
  console.log('\nThis machine lacks:');
  for (const [name, , what, fix] of missing) console.log(`  ${name}: not tested is ${what}. To test it: ${fix}.`);
}

function printNotRun(notRun) {
  if (notRun.length === 0) return;
  console.log('\nTests that did not run here:');
  for (const { file, name, why } of notRun) console.log(`  ${file}: ${name}${why === '' ? '' : ` (${why})`}`);
  console.log('');
}
