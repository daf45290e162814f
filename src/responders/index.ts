import type { Responder } from '../ports/responder.ts';
import { ldapAccount } from './ldap-account/responder.ts';
import { postgresRole } from './postgres-role/responder.ts';

/** Everything by which Countersign can change the outside world, by name. Each is a folder here, and there is no other. */
export const RESPONDERS: ReadonlyMap<string, Responder> = new Map(
  [ldapAccount, postgresRole].map(responder => [responder.manifest.name, responder]),
);
