import type { RightSeen, Secret } from '../../ports/responder.ts';
import { asText } from '../shared/http/vendor-http.ts';
import type { KeycloakSettings } from './config.ts';
import { connect } from './connect.ts';
import { MANAGEMENT, managementOf, serviceAccountOf, userNamed } from './management.ts';
import { keycloakManifest } from './manifest.ts';

/** The roles of `realm-management` that each of the two service accounts has, as the realm tells the one that reads. */
export async function seeRights(
  settings: KeycloakSettings,
  secret: Secret,
  timeoutMs: number,
): Promise<readonly RightSeen[]> {
  const client = connect(settings, secret, 'read', timeoutMs);
  const management = await managementOf(client, settings);
  const of = async (credential: RightSeen['credential'], name: string) => {
    const id = asText((await userNamed(client, settings.realm, serviceAccountOf(name)))?.get('id'));
    return rightsOf(credential, id === '' ? undefined : await management.rolesOf(id));
  };
  return [...(await of('read', settings.readClient)), ...(await of('write', settings.writeClient))];
}

function rightsOf(credential: RightSeen['credential'], roles: readonly string[] | undefined): readonly RightSeen[] {
  const { scopes } = keycloakManifest;
  const granted = new Set(roles?.map(role => `${MANAGEMENT}: ${role}`));
  const wanted = [
    ...scopes[credential].map(scope => ({ scope, need: 'needed' as const })),
    ...scopes.forbidden.map(scope => ({ scope, need: 'forbidden' as const })),
  ];
  return wanted.map(({ scope, need }) => {
    const right = { credential, scope, need };
    if (roles === undefined) return { ...right, granted: 'unknown', because: 'the client has no service account' };
    if (granted.has(scope)) return { ...right, granted: 'yes', because: '' };
    // Keycloak's fine-grained permissions can give what is needed without the role, and whoever views users is not told of them.
    return need === 'needed'
      ? { ...right, granted: 'unknown', because: 'not by the role, perhaps by a fine-grained permission' }
      : { ...right, granted: 'no', because: '' };
  });
}
