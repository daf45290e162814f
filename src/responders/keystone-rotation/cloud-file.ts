import { UnfitFile } from '../shared/own-file.ts';
import { type JsonObject, membersOf, type SecretForm } from '../shared/secret-file.ts';

/** A `clouds.yaml` of OpenStack's clients, written as JSON, which YAML holds: with one cloud, which is logged in to by an application credential. */
export const CLOUD_FILE: SecretForm = {
  read(members) {
    const { application_credential_id: login, application_credential_secret: secret } = partsOf(members).auth as {
      readonly application_credential_id?: unknown;
      readonly application_credential_secret?: unknown;
    };
    if (typeof login !== 'string' || login === '') throw new UnfitFile('its `application_credential_id` is no id');
    if (typeof secret !== 'string' || secret === '') throw new UnfitFile('its `application_credential_secret` is none');
    return { login, secret };
  },
  naming(members, login, secret) {
    const { clouds, name, cloud, auth } = partsOf(members);
    const changed = { ...auth, application_credential_id: login, application_credential_secret: secret };
    return { ...members, clouds: { ...clouds, [name]: { ...cloud, auth: changed } } };
  },
};

/** Of several clouds nobody could tell which one the service uses. */
function partsOf(members: JsonObject): {
  readonly clouds: JsonObject;
  readonly name: string;
  readonly cloud: JsonObject;
  readonly auth: JsonObject;
} {
  const { clouds: given } = members as { readonly clouds?: unknown };
  const clouds = membersOf(given) ?? {};
  const [[name, value] = ['', undefined], ...others] = Object.entries(clouds);
  const cloud = membersOf(value);
  if (cloud === undefined || others.length > 0) throw new UnfitFile('its `clouds` is not one cloud');
  const { auth } = cloud as { readonly auth?: unknown };
  return { clouds, name, cloud, auth: membersOf(auth) ?? {} };
}
