import { UnfitFile } from '../shared/own-file.ts';
import type { SecretForm } from '../shared/secret-file.ts';

/** A client and its secret by the names that OAuth has for them (RFC 6749, 2.3.1): the members `client_id` and `client_secret`. */
export const CLIENT_FILE: SecretForm = {
  read({ client_id: login, client_secret: secret }) {
    if (typeof login !== 'string' || login === '') throw new UnfitFile('its `client_id` is no client');
    if (typeof secret !== 'string' || secret === '') throw new UnfitFile('its `client_secret` is none');
    return { login, secret };
  },
  naming: (members, client_id, client_secret) => ({ ...members, client_id, client_secret }),
};
