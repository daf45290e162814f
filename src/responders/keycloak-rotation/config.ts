import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { isKeycloakId, nameFault, type Realm } from '../shared/keycloak/keycloak-realm.ts';
import { secretPathFault } from '../shared/secret-file.ts';
import { CONSUMERS, namesIn, settingsOf, wrong } from '../shared/settings.ts';

const NAME = 'keycloak-rotation';

/** A realm, the pair of clients of one service, the two clients by which Countersign comes there, and the service's file. */
export interface RotationSettings extends Realm {
  /** Keycloak's own ids of the pair. */
  readonly clientA: string;
  readonly clientB: string;
  readonly readClient: string;
  readonly writeClient: string;
  readonly secretFile: string;
  /** Who else reads the file, as the operator said. Empty where nobody did. */
  readonly consumers: readonly string[];
}

const idFault = (text: string) => (isKeycloakId(text) ? undefined : 'it is missing, or no id of Keycloak');

const TABLE = {
  url: { fault: urlFault },
  realm: { fault: nameFault },
  clientA: { fault: idFault },
  clientB: { fault: idFault },
  readClient: { usual: 'countersign-rotation-read', fault: nameFault },
  writeClient: { usual: 'countersign-rotation-write', fault: nameFault },
  secretFile: { fault: secretPathFault },
  consumers: CONSUMERS,
} as const;

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: {
  readonly [name: string]: string;
}): Result<{ readonly [K in keyof typeof TABLE]: string }, Failure> {
  const read = settingsOf(NAME, TABLE, given);
  if (!read.ok) return read;
  const { clientA, clientB, readClient, writeClient } = read.value;
  if (clientA === clientB) return wrong(NAME, 'clientB', 'it is the same client as `clientA`');
  return readClient === writeClient ? wrong(NAME, 'writeClient', 'it is the one that reads') : read;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<RotationSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { url, consumers, ...rest } = read.value;
  return ok({ ...rest, url: url.replace(/\/+$/, ''), consumers: namesIn(consumers) });
}
