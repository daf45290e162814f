import { readFile, rename, writeFile } from 'node:fs/promises';
import { consume } from './consumer-process.ts';

/* A service that works with a token of a Keystone, and leaves it in a file of its own. */

const [file = '', url = '', tokenFile = ''] = process.argv.slice(2);

await consume(async () => {
  const { clouds } = JSON.parse(await readFile(file, 'utf8'));
  const { application_credential_id: id, application_credential_secret: secret } = clouds.orders.auth;
  const identity = { methods: ['application_credential'], application_credential: { id, secret } };
  const answer = await fetch(`${url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity } }),
  });
  await answer.text();
  const token = answer.headers.get('x-subject-token');
  if (token === null) return undefined;
  await writeFile(`${tokenFile}.part`, token, { mode: 0o600 });
  await rename(`${tokenFile}.part`, tokenFile);
  return {
    user: id,
    async ask() {
      const asked = await fetch(`${url}/auth/projects`, { headers: { 'x-auth-token': token } });
      await asked.text();
      return asked.status === 200;
    },
  };
});
