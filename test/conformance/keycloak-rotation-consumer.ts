import { readFile } from 'node:fs/promises';
import { consume } from './consumer-process.ts';

/* A service that works with an access token of a Keycloak. */

const [file = ''] = process.argv.slice(2);

await consume(async () => {
  const { issuer, client_id, client_secret } = JSON.parse(await readFile(file, 'utf8'));
  const answer = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'openid', client_id, client_secret }),
  });
  const { access_token } = (await answer.json()) as { readonly access_token?: string };
  if (access_token === undefined) return undefined;
  const headers = { authorization: `Bearer ${access_token}` };
  return {
    user: client_id,
    async ask() {
      const asked = await fetch(`${issuer}/protocol/openid-connect/userinfo`, { headers });
      await asked.text();
      return asked.status === 200;
    },
  };
});
