import { readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * A service that asks a Keystone without a pause and counts what failed. It keeps its token until it is told to renew it every
 * so many milliseconds, reading what to log in with from the file again; and it does both at once where a request failed. The
 * token that it works with it leaves in a file of its own.
 */

const [file = '', url = '', tokenFile = ''] = process.argv.slice(2);
const told = { queries: 0, failed: 0, user: '' };
let renewEveryMs = Number.POSITIVE_INFINITY;

process.on('message', message => {
  if (typeof message === 'number') renewEveryMs = message;
  else process.send?.(told);
});
process.on('disconnect', () => process.exit(0));

let token = await loggedIn();
let since = Date.now();

for (;;) {
  if (Date.now() - since > renewEveryMs) await renew();
  const answer = await fetch(`${url}/auth/projects`, { headers: { 'x-auth-token': token } });
  await answer.text();
  if (answer.status === 200) told.queries += 1;
  else {
    told.failed += 1;
    await renew();
  }
  await sleep(20);
}

async function renew(): Promise<void> {
  token = await loggedIn();
  since = Date.now();
}

async function loggedIn(): Promise<string> {
  for (;;) {
    const { clouds } = JSON.parse(await readFile(file, 'utf8'));
    const { application_credential_id: id, application_credential_secret: secret } = clouds.orders.auth;
    const identity = { methods: ['application_credential'], application_credential: { id, secret } };
    const answer = await fetch(`${url}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity } }),
    });
    await answer.text();
    const next = answer.headers.get('x-subject-token');
    if (next !== null) {
      told.user = id;
      await writeFile(`${tokenFile}.part`, next, { mode: 0o600 });
      await rename(`${tokenFile}.part`, tokenFile);
      return next;
    }
    await sleep(50);
  }
}
