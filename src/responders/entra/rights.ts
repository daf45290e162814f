import type { RightSeen, Secret } from '../../ports/responder.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import type { EntraSettings } from './config.ts';
import { connect, VALUES } from './graph.ts';
import { entraManifest } from './manifest.ts';

/** Microsoft Graph itself, in every directory. */
const GRAPH_APP = '00000003-0000-0000-c000-000000000000';

/** What each purpose does not need, though another one does. */
const NEEDED_FOR: { readonly [scope: string]: readonly string[] } = {
  'User.EnableDisableAccount.All': ['users'],
  'User.RevokeSessions.All': ['users'],
  'Application.ReadWrite.All': ['apps', 'app-secrets'],
};

/** The application permissions that each of the two apps was granted, as the directory lists them for the one that reads. */
export async function seeRights(
  settings: EntraSettings,
  secret: Secret,
  timeoutMs: number,
): Promise<readonly RightSeen[]> {
  const client = connect(settings, secret, 'read', timeoutMs);
  const graph = asMembers(await client.get(`/servicePrincipals(appId='${GRAPH_APP}')?$select=id,appRoles`));
  const roles = listOf(graph.get('appRoles')).map(asMembers);
  const names = new Map(roles.map(role => [asText(role.get('id')), asText(role.get('value'))] as const));
  const of = async (credential: RightSeen['credential'], app: string) => {
    const granted = await grantsOf(client, app, asText(graph.get('id')), names);
    return rightsOf(settings, credential, granted);
  };
  return [...(await of('read', settings.readClient)), ...(await of('write', settings.writeClient))];
}

/** Names of what an app was granted of Graph; undefined where the directory does not have it. */
async function grantsOf(
  client: VendorClient,
  app: string,
  graph: string,
  names: ReadonlyMap<string, string>,
): Promise<ReadonlySet<string> | undefined> {
  const id = asText(asMembers(await client.get(`/servicePrincipals(appId='${app}')?$select=id`)).get('id'));
  if (id === '') return undefined;
  const all = (await client.list(`/servicePrincipals/${id}/appRoleAssignments`, VALUES)).map(asMembers);
  const ofGraph = all.filter(one => asText(one.get('resourceId')) === graph);
  return new Set(ofGraph.map(one => names.get(asText(one.get('appRoleId'))) ?? ''));
}

function rightsOf(
  settings: EntraSettings,
  credential: RightSeen['credential'],
  granted: ReadonlySet<string> | undefined,
): readonly RightSeen[] {
  const { scopes } = entraManifest;
  const wanted = [
    ...scopes[credential].map(scope => ({ scope, need: 'needed' as const })),
    ...scopes.forbidden.map(scope => ({ scope, need: 'forbidden' as const })),
  ];
  return wanted.map(({ scope, need }) => {
    const right = { credential, scope, need };
    if (granted === undefined) return { ...right, granted: 'unknown', because: 'the app is not in the directory' };
    const isOther = need === 'needed' && NEEDED_FOR[scope]?.includes(settings.for) === false;
    if (isOther) return { ...right, granted: 'unknown', because: `not needed for ${settings.for}, so not looked at` };
    return { ...right, granted: granted.has(scope) ? 'yes' : 'no', because: '' };
  });
}
