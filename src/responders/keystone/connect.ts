import type { Secret } from '../../ports/responder.ts';
import { NotReached } from '../shared/channel.ts';
import { type VendorClient, vendorClient } from '../shared/http/vendor-client.ts';
import { denied, send } from '../shared/http/vendor-http.ts';
import type { KeystoneSettings } from './config.ts';

/** A client that logs in with its first request, and uses that token for those that follow. */
export function connect(
  settings: KeystoneSettings,
  secret: Secret,
  access: 'read' | 'write',
  timeoutMs: number,
): VendorClient {
  let token: Promise<string> | undefined;
  return vendorClient({
    base: settings.url,
    timeoutMs,
    headers: { accept: 'application/json' },
    async authorize() {
      token ??= logIn(settings, access === 'read' ? settings.readUser : settings.writeUser, secret, timeoutMs);
      return { 'x-auth-token': await token };
    },
  });
}

/** Changes nothing, so silence is as good as not having been there. */
async function logIn(
  { url, project }: KeystoneSettings,
  user: string,
  secret: Secret,
  timeoutMs: number,
): Promise<string> {
  const identity = { methods: ['password'], password: { user: { id: user, password: secret.reveal() } } };
  const body = JSON.stringify({ auth: { identity, scope: { project: { id: project } } } });
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const answer = await send({ method: 'POST', url: `${url}/auth/tokens`, headers, body }, timeoutMs).catch(error => {
    throw new NotReached(error instanceof Error ? error.message : String(error));
  });
  if (answer.status >= 500) throw new NotReached(`the login was answered ${answer.status}`);
  if (answer.status !== 201) throw denied(answer);
  const token = answer.headers['x-subject-token'];
  // What it is made of goes into a header.
  if (typeof token !== 'string' || !/^[\w-]{1,8192}={0,2}$/.test(token))
    throw new NotReached('the login was answered without a token');
  return token;
}
