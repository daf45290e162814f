import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'ldapts';

/*
 * A service that looks things up in a directory without a pause and counts what failed. It keeps its connection until it is told
 * to renew it every so many milliseconds, reading its login from the file again; and it does both at once where a request failed.
 */

const [file = '', url = '', base = ''] = process.argv.slice(2);
const told = { queries: 0, failed: 0, user: '' };
let renewEveryMs = Number.POSITIVE_INFINITY;

process.on('message', message => {
  if (typeof message === 'number') renewEveryMs = message;
  else process.send?.(told);
});
process.on('disconnect', () => process.exit(0));

let client = await bound();
let boundAt = Date.now();

for (;;) {
  if (Date.now() - boundAt > renewEveryMs) await renew();
  try {
    const { searchEntries } = await client.search(base, { scope: 'base', attributes: ['objectClass'] });
    if (searchEntries.length === 0) throw new Error('nothing is shown');
    told.queries += 1;
  } catch {
    told.failed += 1;
    await renew();
  }
  await sleep(2);
}

async function renew(): Promise<void> {
  const old = client;
  client = await bound();
  boundAt = Date.now();
  await old.unbind().catch(() => undefined);
}

async function bound(): Promise<Client> {
  for (;;) {
    const { user, password } = JSON.parse(await readFile(file, 'utf8')) as { user: string; password: string };
    const next = new Client({ url, timeout: 2_000, connectTimeout: 2_000 });
    try {
      await next.bind(user, password);
      told.user = user;
      return next;
    } catch {
      await next.unbind().catch(() => undefined);
      await sleep(20);
    }
  }
}
