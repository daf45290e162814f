import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../base/result.ts';
import { looker } from '../executor/looker.ts';
import { seeRights } from '../executor/power-looks.ts';
import type { RightsLook } from '../model/api-powers.ts';
import type { Failure } from '../model/failure.ts';
import { OWN_SYSTEM } from '../model/proposal.ts';
import type { Plan } from '../ports/responder.ts';
import type { ConnectedSystem } from '../ports/secrets.ts';
import { RESPONDERS } from '../responders/index.ts';
import { holdToken } from '../responders/oauth-token/held.ts';
import { executorDir } from './data-directory.ts';
import { writeForFolder } from './folder-file.ts';
import { errorCode, fileRefusal, Refusal } from './refusal.ts';

/** What a target system is connected with, as an operator enters it. */
export interface TargetEntry {
  readonly system: string;
  readonly responder: string;
  readonly settings: { readonly [name: string]: string };
  readonly readCredential: string;
  readonly writeCredential: string;
  readonly probeCredential: string | undefined;
}

const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** The target systems in the executor's own store. Throws a {@link Refusal} where this user may not read it. */
export async function readTargets(dataDir: string): Promise<readonly ConnectedSystem[]> {
  const file = storeOf(dataDir);
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ConnectedSystem[];
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) === 'EACCES')
      throw new Refusal(`${file} may only be read by whoever started Countersign; run this command as that user.`);
    throw error;
  }
}

/** Adds a target system, or replaces the one of this name. The running executor takes it up by itself. */
export async function connectTarget(dataDir: string, entry: TargetEntry): Promise<void> {
  const responder = RESPONDERS.get(entry.responder);
  if (responder === undefined)
    throw new Refusal(`there is no responder ${entry.responder}; there are ${[...RESPONDERS.keys()].join(' and ')}.`);
  if (entry.system === OWN_SYSTEM || entry.responder === OWN_SYSTEM)
    throw new Refusal(`${OWN_SYSTEM} is this installation itself: it is there without being connected.`);
  if (!NAME.test(entry.system))
    throw new Refusal('the name of a system is lower-case letters, digits, dots and hyphens, 63 at most.');
  if (entry.readCredential === '' || entry.writeCredential === '')
    throw new Refusal('a read and a write credential are both needed.');
  if (entry.readCredential === entry.writeCredential)
    throw new Refusal('the read and the write credential have to differ: looking must not be able to change anything.');
  const settings = responder.parseConfig(entry.settings);
  if (!settings.ok) throw new Refusal(`${settings.failure.detail}.`);
  const { system, readCredential, writeCredential, probeCredential } = entry;
  const added: ConnectedSystem = {
    config: { responder: entry.responder, system, settings: settings.value },
    readCredential,
    writeCredential,
    probeCredential,
  };
  const others = (await readTargets(dataDir)).filter(target => target.config.system !== system);
  await writeStore(dataDir, [...others, added]);
}

/** Takes a target system out. False where there was none of this name. */
export async function disconnectTarget(dataDir: string, system: string): Promise<boolean> {
  const targets = await readTargets(dataDir);
  const left = targets.filter(target => target.config.system !== system);
  if (left.length === targets.length) return false;
  await writeStore(dataDir, left);
  return true;
}

/** Looks at one account there with the read credential, as a plan would. Changes nothing. */
export async function tryTarget(target: ConnectedSystem, name: string): Promise<Result<Plan, Failure>> {
  const responder = RESPONDERS.get(target.config.responder);
  if (responder === undefined) throw new Refusal(`there is no responder ${target.config.responder}.`);
  const [operation] = responder.manifest.operations;
  return responder.plan(
    { operation: operation?.name ?? '', target: { name }, before: undefined },
    target.config,
    looker(target),
  );
}

/** What its credentials may do there, by a look with the one that reads. Changes nothing. */
export function lookAtRights(target: ConnectedSystem): Promise<RightsLook> {
  return seeRights(RESPONDERS.get(target.config.responder), target);
}

/** Puts a token that was found among those that a system's executor may revoke. Gives the name by which it is proposed. */
export async function holdFoundToken({ config }: ConnectedSystem, token: string): Promise<string> {
  const folder = config.settings['tokens'];
  if (config.responder !== 'oauth-token' || folder === undefined)
    throw new Refusal(`${config.system} is no system whose tokens are revoked.`);
  try {
    return await holdToken(folder, token);
  } catch (error) {
    if (errorCode(error) === 'ENOENT')
      throw new Refusal(`there is no folder ${folder}; make it, for the executor's user and nobody else.`);
    if (errorCode(error) === undefined) throw new Refusal('standard input holds no token: one line, without spaces.');
    throw fileRefusal(error, folder);
  }
}

function storeOf(dataDir: string): string {
  return join(executorDir(dataDir), 'systems.json');
}

async function writeStore(dataDir: string, targets: readonly ConnectedSystem[]): Promise<void> {
  await writeForFolder(storeOf(dataDir), JSON.stringify(targets));
}
