import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/*
 * A service as there are many: it reads its login from a file, asks the database without a pause, and counts what
 * failed. It keeps its connection until it is told to renew it every so many milliseconds, reading the file again; and it
 * does both at once where its connection ended or its password was refused.
 */

const [file = '', host = '', database = ''] = process.argv.slice(2);
const told = { queries: 0, failed: 0, user: '' };
let renewEveryMs = Number.POSITIVE_INFINITY;

process.on('message', message => {
  if (typeof message === 'number') renewEveryMs = message;
  else process.send?.(told);
});
process.on('disconnect', () => process.exit(0));

let client = await connected();
let connectedAt = Date.now();

for (;;) {
  if (Date.now() - connectedAt > renewEveryMs) await renew();
  try {
    await client.query('SELECT count(*) FROM ledger');
    told.queries += 1;
  } catch {
    told.failed += 1;
    await renew();
  }
  await sleep(2);
}

async function renew(): Promise<void> {
  const old = client;
  client = await connected();
  connectedAt = Date.now();
  await old.end().catch(() => undefined);
}

async function connected(): Promise<pg.Client> {
  for (;;) {
    const { user, password } = JSON.parse(await readFile(file, 'utf8')) as { user: string; password: string };
    const next = new pg.Client({ host, database, user, password, application_name: 'orders-api' });
    next.on('error', () => undefined);
    try {
      await next.connect();
      told.user = user;
      return next;
    } catch {
      await sleep(20);
    }
  }
}
