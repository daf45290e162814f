import type { Secret } from '../../ports/responder.ts';
import { signedJwt, tokenFrom } from '../shared/http/oauth.ts';
import {
  type Authorize,
  bearer,
  linkedPage,
  type Paging,
  type VendorClient,
  vendorClient,
} from '../shared/http/vendor-client.ts';
import type { GithubSettings } from './config.ts';

const HEADERS = {
  accept: 'application/vnd.github+json',
  'x-github-api-version': '2022-11-28',
  'user-agent': 'countersign',
};

/** A list as GitHub tells it: pages that the `Link` header leads through. */
export function pages(entries: Paging['entries']): Paging {
  return { entries, next: linkedPage };
}

/**
 * With a token as it is; with the private key of an App as that App. As an installation of it with a token that may do
 * nothing but what the one request needs, and ends within the hour.
 */
export function connect(
  settings: GithubSettings,
  secret: Secret,
  access: 'read' | 'write',
  timeoutMs: number,
): VendorClient {
  const authorize = secret.reveal().startsWith('-----BEGIN ')
    ? asApp(settings, secret, access, timeoutMs)
    : bearer(secret);
  return vendorClient({ base: settings.url, timeoutMs, authorize, headers: HEADERS });
}

function asApp(settings: GithubSettings, key: Secret, access: 'read' | 'write', timeoutMs: number): Authorize {
  const { url } = settings;
  const [app, installation] =
    access === 'read' ? [settings.readApp, settings.readInstallation] : [settings.writeApp, settings.writeInstallation];
  const asItself = () => ({ authorization: `Bearer ${signedJwt(key, { iss: app }, '')}` });
  const tokens = new Map<string, Promise<string>>();
  return async request => {
    const path = request.url.slice(url.length);
    if (path.startsWith('/app/')) return asItself();
    const right = JSON.stringify(rightFor(path, access));
    const endpoint = `${url}/app/installations/${installation}/access_tokens`;
    const headers = { ...HEADERS, ...asItself(), 'content-type': 'application/json' };
    const token = tokens.get(right) ?? tokenFrom(endpoint, headers, right, timeoutMs, 'token');
    tokens.set(right, token);
    return { authorization: `Bearer ${await token}` };
  };
}

/** What a token is asked for: one permission, and for a repository that one alone. */
function rightFor(path: string, access: 'read' | 'write'): object {
  const [, top, , third] = path.split(/[/?]/);
  if (top === 'repos') return { repositories: [third], permissions: { administration: access } };
  return third === 'personal-access-tokens'
    ? { permissions: { organization_personal_access_tokens: access } }
    : { permissions: { organization_administration: access } };
}
