import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import { linkedPage, type VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import type { OktaSettings } from './config.ts';
import { ACTIVATE_SECRET, DEACTIVATE_SECRET } from './manifest.ts';

/** A client and one of its secrets. */
const SECRET_ID = /^(0oa[A-Za-z0-9]{17})\/(ocs[A-Za-z0-9]{17})$/;

/** Two secrets of a client may be alive at once, so that one can be taken away and the other goes on. */
export function secretOperations(settings: OktaSettings): readonly VendorOperation[] {
  const row = {
    rests: [],
    isSeen: 'afterwards',
    unknown: [
      'Which machines hold this secret.',
      'Access tokens that were got with it, which live on until they expire.',
    ],
    canBeId: (id: string) => SECRET_ID.test(id),
  } as const satisfies Partial<VendorOperation>;
  const write =
    (step: string): VendorOperation['write'] =>
    async (client, { immutableId }) => {
      const [, app = '', secret = ''] = SECRET_ID.exec(immutableId) ?? [];
      await client.change('POST', `/api/v1/apps/${app}/credentials/secrets/${secret}/lifecycle/${step}`);
    };
  return [
    {
      ...row,
      operation: DEACTIVATE_SECRET,
      to: { 'secret.status': 'INACTIVE' },
      sideEffects: ['Whatever logs in with this secret stops, until it is given the other one.'],
      unproven: 'Whether tokens that were got with the secret are refused, Okta does not tell.',
      look: (client, target) => lookAtSecret(settings, client, target, true),
      write: write('deactivate'),
    },
    {
      ...row,
      operation: ACTIVATE_SECRET,
      to: { 'secret.status': 'ACTIVE' },
      undoneIf: { path: 'secret.lastUpdated' },
      sideEffects: [],
      unproven: 'Whether whatever used the secret works again, Okta does not tell.',
      look: (client, target) => lookAtSecret(settings, client, target, false),
      write: write('activate'),
    },
  ];
}

/** Okta tells the secret itself, too. It is left where it is. */
async function lookAtSecret(
  { readClient, writeClient }: OktaSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
  needsAnother: boolean,
): Promise<Seen | undefined> {
  const immutableId = 'name' in target ? target.name : target.immutableId;
  const [, appId, secretId] = SECRET_ID.exec(immutableId) ?? [];
  if (appId === undefined) return undefined;
  const path = `/api/v1/apps/${appId}`;
  const secrets = (await client.list(`${path}/credentials/secrets`, { entries: listOf, next: linkedPage })).map(
    asMembers,
  );
  const secret = secrets.find(one => one.get('id') === secretId);
  if (secret === undefined) return undefined;
  const app = asMembers(await client.get(path));
  const others = secrets.filter(one => one !== secret && one.get('status') === 'ACTIVE');
  return {
    immutableId,
    facts: {
      displayName: immutableId,
      title: `client secret of ${asText(app.get('label')) || appId}`,
      isPrivileged: 'unknown',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: appId === readClient || appId === writeClient,
    },
    values: {
      'secret.status': asText(secret.get('status')),
      'secret.lastUpdated': asText(secret.get('lastUpdated')),
    },
    direct: [`${others.length} other active secrets of this client`],
    dependents: [`the client ${asText(app.get('label')) || appId}`],
    refusals:
      needsAnother && others.length === 0
        ? [{ reason: 'not_settled', text: 'It is the only active secret of the client: make another one first.' }]
        : [],
  };
}
