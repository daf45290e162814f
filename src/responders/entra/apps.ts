import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import type { EntraSettings } from './config.ts';
import { GUID, VALUES } from './graph.ts';
import { DISABLE_APP, ENABLE_APP, REMOVE_APP_SECRET } from './manifest.ts';

/** Service principals, named by the id that the app bears everywhere. */
export function appOperations(settings: EntraSettings): readonly VendorOperation[] {
  const row = {
    rests: ['app.appId'],
    isSeen: 'afterwards',
    unknown: ['What runs on this app.', 'Access tokens that it holds, which live on until they expire.'],
    canBeId: (id: string) => GUID.test(id),
    look: (client, target) => lookAtApp(settings, client, target),
  } as const satisfies Partial<VendorOperation>;
  const write =
    (accountEnabled: boolean): VendorOperation['write'] =>
    async (client, { immutableId }) =>
      void (await client.change('PATCH', `/servicePrincipals/${immutableId}`, { accountEnabled }));
  return [
    {
      ...row,
      operation: DISABLE_APP,
      to: { 'app.enabled': 'false' },
      sideEffects: ['Nobody logs in to this app any more, and it gets no more tokens in this directory.'],
      unproven: 'Whether whoever holds its tokens has lost the access, Graph does not tell.',
      write: write(false),
    },
    {
      ...row,
      operation: ENABLE_APP,
      to: { 'app.enabled': 'true' },
      undoneIf: { path: 'app.enabled' },
      sideEffects: [],
      unproven: 'Whether the app works again, Graph does not tell.',
      write: write(true),
    },
  ];
}

async function lookAtApp(
  { readClient, writeClient }: EntraSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  if ('name' in target && !GUID.test(target.name)) return undefined;
  const at = 'name' in target ? `(appId='${target.name}')` : `/${target.immutableId}`;
  const app = asMembers(await client.get(`/servicePrincipals${at}?$select=id,appId,displayName,accountEnabled`));
  const [id, appId] = [asText(app.get('id')), asText(app.get('appId'))];
  if ('name' in target ? appId !== target.name : id !== target.immutableId) return undefined;
  const roles = (await client.list(`/servicePrincipals/${id}/appRoleAssignments`, VALUES)).map(asMembers);
  return {
    immutableId: id,
    facts: {
      displayName: appId,
      title: asText(app.get('displayName')) || appId,
      isPrivileged: roles.length > 0 ? 'unknown' : 'no',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: appId === readClient || appId === writeClient,
    },
    values: { 'app.enabled': String(app.get('accountEnabled') === true), 'app.appId': appId },
    dependents: roles.map(role => `was granted a role of ${asText(role.get('resourceDisplayName'))}`),
  };
}

const SECRET_NAME = /^([0-9a-f-]{36})\/([0-9a-f-]{36})$/;

function parts(text: string): readonly [string, string] | undefined {
  const [, app = '', key = ''] = SECRET_NAME.exec(text) ?? [];
  return GUID.test(app) && GUID.test(key) ? [app, key] : undefined;
}

/** One client secret: named by the app's id and the secret's, meant by the registration's id and the secret's. */
export function secretOperations(settings: EntraSettings): readonly VendorOperation[] {
  return [
    {
      operation: REMOVE_APP_SECRET,
      to: { 'secret.present': 'no' },
      rests: [],
      isSeen: 'afterwards',
      unknown: ['Which machines hold this secret.', 'Access tokens that were got with it.'],
      sideEffects: ['Whatever logs in with this secret stops, until it is given another one.'],
      unproven: 'Access tokens that were got with the secret live on until they expire.',
      canBeId: id => parts(id) !== undefined,
      look: (client, target, told) => lookAtSecret(settings, client, target, told),
      async write(client, { immutableId }) {
        const [id, keyId] = parts(immutableId) ?? [];
        await client.change('POST', `/applications/${id}/removePassword`, { keyId });
      },
    },
  ];
}

async function lookAtSecret(
  { readClient, writeClient }: EntraSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
  told: { readonly [name: string]: string } | undefined,
): Promise<Seen | undefined> {
  const [app, keyId] = parts('name' in target ? target.name : target.immutableId) ?? [];
  if (app === undefined) return undefined;
  const at = 'name' in target ? `(appId='${app}')` : `/${app}`;
  const found = asMembers(await client.get(`/applications${at}?$select=id,appId,displayName,passwordCredentials`));
  if (found.size === 0) return undefined;
  const secrets = listOf(found.get('passwordCredentials')).map(asMembers);
  const secret = secrets.find(one => one.get('keyId') === keyId);
  // One that is gone is known by what was told of it before, and by nothing else.
  const label = secret === undefined ? told?.['secret.label'] : asText(secret.get('displayName')) || 'no name';
  const appId = asText(found.get('appId'));
  if (label === undefined || appId === '') return undefined;
  return {
    immutableId: `${asText(found.get('id'))}/${keyId}`,
    facts: {
      displayName: `${appId}/${keyId}`,
      title: `client secret “${label}” of ${asText(found.get('displayName')) || appId}`,
      isPrivileged: 'unknown',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: appId === readClient || appId === writeClient,
    },
    values: { 'secret.present': secret === undefined ? 'no' : 'yes' },
    keeps: { 'secret.label': label },
    direct: [`${secrets.filter(one => one !== secret).length} other secrets of this app`],
    dependents:
      secret === undefined ? [] : [`good until ${asText(secret.get('endDateTime')) || 'no day that Graph tells'}`],
  };
}
