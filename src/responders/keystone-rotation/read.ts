import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { PlanRequest, Secret } from '../../ports/responder.ts';
import { type KeyReading, keyParts, keysOf } from '../shared/keystone/keystone-key.ts';
import { byKey, byPassword, type KeystoneSession, keystoneSession } from '../shared/keystone/keystone-session.ts';
import { UnfitFile } from '../shared/own-file.ts';
import { readSecretBefore, readSecretFile, type SecretFile } from '../shared/secret-file.ts';
import { CLOUD_FILE } from './cloud-file.ts';
import type { RotationSettings } from './config.ts';
import { lookAtTokens, type Shown } from './token-file.ts';

const NAME = 'keystone-rotation';

/** The file of the secret, and the one that it replaced. */
export interface Files {
  readonly now: SecretFile;
  readonly before: SecretFile | undefined;
}

/** Everything that was looked at. */
export interface Reading {
  /** The id of the application credential that is acted on. */
  readonly id: string;
  /** It; undefined where it is gone. */
  readonly key: KeyReading | undefined;
  /** The one that the file names, where that is another one and there is one. */
  readonly successor: KeyReading | undefined;
  /** By which others are made and deleted; undefined where it is gone. */
  readonly maker: KeyReading | undefined;
  /** All of the user. */
  readonly keys: readonly KeyReading[];
  readonly files: Files;
  readonly shown: readonly Shown[];
}

/** As the user that reads. */
export function readingSession(settings: RotationSettings, secret: Secret, timeoutMs: number): KeystoneSession {
  const { url, readUser, project } = settings;
  return keystoneSession(url, () => byPassword(readUser, project, secret), timeoutMs);
}

/** As the service's user, by the application credential that makes others. */
export function writingSession(settings: RotationSettings, secret: Secret, timeoutMs: number): KeystoneSession {
  return keystoneSession(settings.url, () => byKey(settings.writeKey, secret), timeoutMs);
}

/** The id of an application credential of this service's user; undefined for anything else. */
export function meant({ user }: RotationSettings, target: PlanRequest['target']): string | undefined {
  const [owner, id] = keyParts('name' in target ? target.name : target.immutableId) ?? [];
  return owner === user ? id : undefined;
}

export function targetOf({ user }: RotationSettings, id: string): string {
  return `${user}/${id}`;
}

/** Looks at Keystone, at both files and at the tokens. Rejects with UnfitFile where the file of the secret is no basis for anything. */
export async function readAll(session: KeystoneSession, settings: RotationSettings, id: string): Promise<Reading> {
  const keys = await keysOf(session.client, settings.user);
  const [now, before] = [
    await readSecretFile(settings.secretFile, CLOUD_FILE),
    await readSecretBefore(settings.secretFile, CLOUD_FILE),
  ];
  const withId = (wanted: string) => keys.find(key => key.id === wanted);
  return {
    id,
    key: withId(id),
    successor: now.login === id ? undefined : withId(now.login),
    maker: withId(settings.writeKey),
    keys,
    files: { now, before },
    shown: await lookAtTokens(session, settings.tokenFiles),
  };
}

/** {@link readAll}, where a file that is no basis is a right that is missing. */
export async function readOrSay(
  session: KeystoneSession,
  settings: RotationSettings,
  id: string,
): Promise<Result<Reading, Failure>> {
  try {
    return ok(await readAll(session, settings, id));
  } catch (error) {
    if (!(error instanceof UnfitFile)) throw error;
    return fail(failureOf('responder.missing_scope', `${NAME}: the file of the secret: ${error.message}`));
  }
}
