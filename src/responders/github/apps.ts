import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import type { GithubSettings } from './config.ts';
import { pages } from './connect.ts';
import { SUSPEND_APP, UNSUSPEND_APP } from './manifest.ts';

const ID = /^[1-9]\d{0,14}$/;
/** Permissions with which an App rules over an organisation. */
const RULING = new Set(['administration', 'organization_administration', 'members', 'organization_secrets', 'secrets']);

const INSTALLATIONS = pages(body => listOf(asMembers(body).get('installations')));

/** Suspending and letting work again. GitHub lets nobody do this but the App itself, so a system is one App. */
export function appOperations(settings: GithubSettings): readonly VendorOperation[] {
  const row = {
    rests: ['installation.app'],
    isSeen: 'afterwards',
    unknown: [
      'What was made with tokens of this installation before: their effects stay.',
      'What runs on this App outside GitHub.',
    ],
    canBeId: (id: string) => ID.test(id),
    look: (client, target) => lookAtApp(settings, client, target),
  } as const satisfies Partial<VendorOperation>;
  return [
    {
      ...row,
      operation: SUSPEND_APP,
      to: { 'installation.suspended': 'yes' },
      sideEffects: ['Whatever rests on this App stops within the organisation.'],
      unproven: 'Whether tokens of the installation that are out are refused, GitHub does not tell.',
      write: async (client, { immutableId }) =>
        void (await client.change('PUT', `/app/installations/${immutableId}/suspended`)),
    },
    {
      ...row,
      operation: UNSUSPEND_APP,
      to: { 'installation.suspended': 'no' },
      undoneIf: { path: 'installation.suspendedAt' },
      sideEffects: [],
      unproven: 'Whether the App works again, GitHub does not tell.',
      write: async (client, { immutableId }) =>
        void (await client.change('DELETE', `/app/installations/${immutableId}/suspended`)),
    },
  ];
}

async function lookAtApp(
  settings: GithubSettings,
  client: Parameters<VendorOperation['look']>[0],
  target: Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const listed = await client.list(`/orgs/${settings.organisation}/installations?per_page=100`, INSTALLATIONS);
  const found = listed
    .map(asMembers)
    .filter(one =>
      'name' in target ? one.get('app_slug') === target.name : asText(one.get('id')) === target.immutableId,
    );
  const [one] = found;
  if (one === undefined || found.length > 1) return undefined;
  const permissions = [...asMembers(one.get('permissions'))].map(([name, level]) => ({ name, level: asText(level) }));
  const suspendedAt = asText(one.get('suspended_at'));
  const [id, app] = [asText(one.get('id')), asText(one.get('app_id'))];
  return {
    immutableId: id,
    facts: {
      displayName: asText(one.get('app_slug')),
      isPrivileged: permissions.some(({ name, level }) => RULING.has(name) && level !== 'read') ? 'yes' : 'no',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: [settings.readInstallation, settings.writeInstallation].includes(id),
    },
    values: {
      'installation.suspended': suspendedAt === '' ? 'no' : 'yes',
      'installation.suspendedAt': suspendedAt === '' ? 'never' : suspendedAt,
      'installation.app': app,
    },
    dependents: permissions.map(({ name, level }) => `what needs ${name}: ${level}`),
    refusals:
      app === settings.writeApp
        ? []
        : [{ reason: 'missing_scope', text: 'GitHub takes this from the App itself alone, and this is another one.' }],
  };
}
