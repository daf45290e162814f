import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * A service that asks a Keycloak with its access token without a pause and counts what failed. It keeps the token until it is told
 * to renew it every so many milliseconds, reading what to log in with from the file again; and it does both at once where a
 * request failed.
 */

const [file = ''] = process.argv.slice(2);
const told = { queries: 0, failed: 0, user: '' };
let renewEveryMs = Number.POSITIVE_INFINITY;

process.on('message', message => {
  if (typeof message === 'number') renewEveryMs = message;
  else process.send?.(told);
});
process.on('disconnect', () => process.exit(0));

let { token, userinfo } = await loggedIn();
let since = Date.now();

for (;;) {
  if (Date.now() - since > renewEveryMs) await renew();
  const answer = await fetch(userinfo, { headers: { authorization: `Bearer ${token}` } });
  await answer.text();
  if (answer.status === 200) told.queries += 1;
  else {
    told.failed += 1;
    await renew();
  }
  await sleep(20);
}

async function renew(): Promise<void> {
  ({ token, userinfo } = await loggedIn());
  since = Date.now();
}

async function loggedIn(): Promise<{ readonly token: string; readonly userinfo: string }> {
  for (;;) {
    const { issuer, client_id, client_secret } = JSON.parse(await readFile(file, 'utf8'));
    const answer = await fetch(`${issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'openid', client_id, client_secret }),
    });
    const { access_token } = (await answer.json()) as { readonly access_token?: string };
    if (access_token !== undefined) {
      told.user = client_id;
      return { token: access_token, userinfo: `${issuer}/protocol/openid-connect/userinfo` };
    }
    await sleep(50);
  }
}
