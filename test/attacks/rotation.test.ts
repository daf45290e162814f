import { chmod, chown, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { vi } from 'vitest';
import type { refusalsOf } from '../../src/responders/postgres-rotation/refusals.ts';
import type { scramVerifier } from '../../src/responders/postgres-rotation/scram.ts';
import type { checkFolder } from '../../src/responders/shared/own-file.ts';
import { type RotationTarget, startRotationTarget } from '../conformance/rotation-target.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { withoutOwnFiles } from './taken-out.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/shared/own-file.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/shared/own-file.ts')>(),
    'checkFolder',
    'openOwn',
  ),
);
vi.mock('../../src/responders/postgres-rotation/refusals.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/postgres-rotation/refusals.ts')>(),
    'refusalsOf',
  ),
);
vi.mock('../../src/responders/postgres-rotation/scram.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/postgres-rotation/scram.ts')>(),
    'scramVerifier',
  ),
);

let isServerBlind = false;

attack({
  id: 'BND-05',
  attack: 'the end of the old login is signed before its service has moved, so that the service stops',
  control: 'the use of the new login, seen when it is planned and again in the transaction of the change',
  timeoutMs: 60_000,
  run: () =>
    onTarget(startRotationTarget, async target => {
      const [wasBlind] = [isServerBlind];
      isServerBlind = false;
      if (wasBlind) await blind(target);
      const service = await target.login('orders_a', target.passwords.a, 'orders-api');
      await carriedOut(target, await planOf(target, 'rotate'));
      const said = await carriedOut(target, await planOf(target, 'end-old'));
      await sleep(300);
      const serves = await service.query('SELECT 1').then(
        () => true,
        () => false,
      );
      await service.end().catch(() => undefined);
      return { succeeded: !serves, seen: `${said}; the service ${serves ? 'goes on' : 'is cut off'}` };
    }),
  without: () => {
    takeOut<typeof refusalsOf>('refusalsOf', () => []);
    isServerBlind = true;
  },
});

/** The same function at the server, but that it does not look whether the new login is in use. */
async function blind(target: RotationTarget): Promise<void> {
  const signature = 'countersign_rotation.end_old(oid, jsonb, text)';
  const [row] = await target.sql('SELECT pg_get_functiondef($1::regprocedure) AS text', [signature]);
  const text = String(row?.['text']);
  await target.sql(text.replace(/OR v_state ->> 'service\.newInUse' <> 'true'/, ''));
}

let made: string | undefined;

attack({
  id: 'EXE-02',
  attack:
    'whoever reads the log of the database, which writes down every statement with its values, looks for the new password',
  control: 'the verifier, computed before the server hears of it',
  timeoutMs: 60_000,
  run: () =>
    onTarget(startRotationTarget, async target => {
      made = undefined;
      const said = await carriedOut(target, await planOf(target, 'rotate'));
      const password = made ?? (await target.secret()).password;
      const log = await target.serverLog();
      const isThere = log.includes(password);
      const calls = log.split('countersign_rotation.hand_over(').length - 1;
      return {
        succeeded: isThere,
        seen: `${said}; ${calls} mentions of the call, the password ${isThere ? 'in them' : 'in none'}`,
      };
    }),
  without: () =>
    takeOut<typeof scramVerifier>('scramVerifier', (_actual, secret) => {
      made = secret.reveal();
      return made;
    }),
});

/** A user on the same machine who may write where the file lies, as its operator did not mean it. */
const INTRUDER = 70_123;

attack({
  id: 'BND-04',
  attack:
    'a user who may write into the folder puts a link in the place of the file: the new one is given to whoever owns what it leads to',
  control: 'that file and folder are the owner’s alone, and no link is followed',
  notHere: process.getuid?.() === 0 ? undefined : 'only root can act as another user',
  timeoutMs: 60_000,
  run: () =>
    onTarget(startRotationTarget, async target => {
      const [file, folder] = [target.secretFile, dirname(target.secretFile)];
      const theirs = join(dirname(folder), 'theirs');
      await mkdir(theirs);
      await writeFile(join(theirs, basename(file)), await readFile(file));
      for (const path of [theirs, join(theirs, basename(file))]) await chown(path, INTRUDER, INTRUDER);
      await chmod(folder, 0o777);
      await rename(file, `${file}.away`);
      await symlink(join(theirs, basename(file)), file);
      const said = await carriedOut(target, await planOf(target, 'rotate'));
      const { uid } = await stat(file);
      const names = (JSON.parse(await readFile(file, 'utf8')) as { readonly user: string }).user;
      const isTheirs = uid === INTRUDER && names === 'orders_b';
      return { succeeded: isTheirs, seen: `${said}; the file names ${names} and belongs to ${uid}` };
    }),
  without: () => {
    takeOut<typeof checkFolder>('checkFolder', async () => undefined);
    withoutOwnFiles();
  },
});
