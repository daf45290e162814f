import type { Client } from 'ldapts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { AdSettings } from './config.ts';
import { CONTROL } from './control.ts';
import { readGroup } from './group.ts';
import { MEMBERSHIP } from './membership.ts';
import { PASSWORD } from './password.ts';
import { findAccount } from './read.ts';
import type { Situation, Work } from './work.ts';

const WORKS: ReadonlyMap<string, Work> = new Map([
  ['disable', CONTROL],
  ['enable', CONTROL],
  ['remove-from-group', MEMBERSHIP],
  ['add-to-group', MEMBERSHIP],
  ['reset-password', PASSWORD],
]);

/** What an operation of that name does; undefined for one that is not ours, or that the system is not set up for. */
export function workOf(operation: string, settings: AdSettings): Work | undefined {
  const work = WORKS.get(operation);
  return work?.isAboutGroup === true && settings.group === '' ? undefined : work;
}

/** Reads what an act is about. */
export async function readSituation(
  client: Client,
  settings: AdSettings,
  work: Work,
  target: { readonly name: string } | { readonly immutableId: string },
): Promise<Result<Situation, Failure>> {
  const found = await findAccount(client, settings, target);
  if (!found.ok) return found;
  const account = found.value;
  if (!work.isAboutGroup) return ok({ account, group: undefined });
  const group = await readGroup(client, settings.group, account.dn);
  return group === undefined
    ? fail(failureOf('responder.missing_scope', 'ad-account: the group that the system is set up for cannot be read'))
    : ok({ account, group });
}
