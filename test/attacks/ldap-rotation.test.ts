import { execFile } from 'node:child_process';
import { chmod, chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { Attribute, Change } from 'ldapts';
import { vi } from 'vitest';
import { contextOf } from '../../src/connector/calls.ts';
import type { preconditionsOf } from '../../src/responders/ldap-rotation/plan.ts';
import type { refusalsOf } from '../../src/responders/ldap-rotation/refusals.ts';
import type { lookThroughHeldBind } from '../../src/responders/shared/ldap/ldap-held-bind.ts';
import {
  A_DN,
  B_DN,
  type LdapRotationTarget,
  ROTATION_RULES,
  startLdapEnding,
  startLdapRotation,
} from '../conformance/ldap-rotation-target.ts';
import { LOCKED, NO_SLAPD, VICTIM_DN, WRITE_DN } from '../conformance/slapd.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { withoutOwnFiles } from './taken-out.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/ldap-rotation/refusals.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/ldap-rotation/refusals.ts')>(),
    'refusalsOf',
  ),
);
vi.mock('../../src/responders/ldap-rotation/plan.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/ldap-rotation/plan.ts')>(),
    'preconditionsOf',
  ),
);
vi.mock('../../src/responders/shared/own-file.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/shared/own-file.ts')>(),
    'openOwn',
  ),
);
vi.mock('../../src/responders/shared/ldap/ldap-held-bind.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/shared/ldap/ldap-held-bind.ts')>(),
    'lookThroughHeldBind',
  ),
);

/** Whether this login and password open the directory now. */
async function opens(target: LdapRotationTarget, dn: string, password: string): Promise<boolean> {
  return await target.bindAs(dn, password).then(
    () => true,
    () => false,
  );
}

attack({
  id: 'BND-05',
  attack: 'the end of the old login of a directory is signed before its service has moved, so that the service stops',
  control: 'that somebody bound as the new login since it got its password',
  notHere: NO_SLAPD,
  run: () =>
    onTarget(startLdapRotation, async target => {
      const service = await target.hold();
      const handedOver = await carriedOut(target, await planOf(target, 'rotate'));
      const said = await carriedOut(target, await planOf(target, 'end-old'));
      const serves = await service.reads();
      return {
        succeeded: handedOver === 'applied' && !serves,
        seen: `${handedOver}, then ${said}; the service ${serves ? 'goes on' : 'is cut off'}`,
      };
    }),
  without: () =>
    takeOut<typeof refusalsOf>('refusalsOf', (actual, ...of) =>
      actual(...of).filter(({ reason }) => reason !== 'not_settled'),
    ),
});

attack({
  id: 'BND-05',
  attack:
    'after the end of the old login was signed the new one is given another password, so that its service can bind as neither',
  control: 'the second look, just before the write, whether the new login is still in use',
  notHere: NO_SLAPD,
  run: () =>
    onTarget(startLdapEnding, async target => {
      const signed = await planOf(target, 'end-old');
      await target.edits.set(B_DN, 'userPassword', ['somebody-s']);
      const said = await carriedOut(target, signed);
      const { user, password } = await target.secret();
      const [isNew, isOld] = [await opens(target, user, password), await opens(target, A_DN, target.password)];
      return {
        succeeded: !isNew && !isOld,
        seen: `${said}; the new login ${isNew ? 'works' : 'is shut'}, the old one ${isOld ? 'works' : 'is shut'}`,
      };
    }),
  without: () =>
    takeOut<typeof preconditionsOf>('preconditionsOf', (actual, operation, pair) =>
      actual(operation, { ...pair, standby: { ...pair.standby, lastBind: 'as it was planned' } }),
    ),
});

/** A user on the same machine, in the group that reads the file, which may by mistake write it, too. */
const INTRUDER = 70_123;
const THEIRS = 'ldaps://intruder.example';

attack({
  id: 'BND-04',
  attack:
    'a user whose group may write the file puts the address of a server of his own into it, to which the new password is then brought',
  control: 'that nobody but its owner may write the file',
  notHere: NO_SLAPD ?? (process.getuid?.() === 0 ? undefined : 'only root can act as another user'),
  run: () =>
    onTarget(startLdapRotation, async target => {
      const file = target.secretFile;
      await chown(file, 0, INTRUDER);
      await chmod(file, 0o660);
      for (const folder of [dirname(file), dirname(dirname(file))]) await chmod(folder, 0o755);
      const edit = `text=$(sed 's|"url":"[^"]*"|"url":"${THEIRS}"|' "$1"); printf %s "$text" > "$1"`;
      await promisify(execFile)('sh', ['-euc', edit, 'sh', file], { uid: INTRUDER, gid: INTRUDER, cwd: '/' });
      const said = await carriedOut(target, await planOf(target, 'rotate'));
      const { url, user, password } = await target.secret();
      const isNew = user === B_DN && (await opens(target, user, password));
      return {
        succeeded: url === THEIRS && isNew,
        seen: `${said}; the file leads to ${url} with the ${isNew ? 'new' : 'old'} password`,
      };
    }),
  without: withoutOwnFiles,
});

attack({
  id: 'EXE-05',
  attack:
    'whoever took the old password is connected, and goes on reading after the old login was ended and said to be shut out',
  control: 'the look through a connection that was bound before the lock',
  notHere: NO_SLAPD,
  run: () =>
    onTarget(startLdapEnding, async target => {
      // As slapd is without the first rule of the README: it ends no connection, and lets a locked login go on.
      await target.rules(ROTATION_RULES.slice(1));
      const thief = await target.hold();
      const signed = await planOf(target, 'end-old');
      const said = await carriedOut(target, signed);
      const seen =
        typeof signed === 'string'
          ? undefined
          : await target.responder.observe(signed, target.system, contextOf(target));
      const effect = seen?.ok === true ? seen.value.effect : 'not looked at';
      const reads = await thief.reads();
      return {
        succeeded: reads && effect === 'in_effect',
        seen: `${said}, ${effect}; the thief ${reads ? 'reads on' : 'reads nothing'}`,
      };
    }),
  without: () =>
    takeOut<typeof lookThroughHeldBind>('lookThroughHeldBind', async () => [
      { text: 'it bears the lock, so nobody reads', ok: 'yes' },
    ]),
});

let mayWriteAll = false;

attack({
  id: 'EXE-02',
  attack:
    'whoever took the login that writes gives a person another password and locks that person, who is neither of the two logins',
  control: 'the access rules of the README, which name the two entries',
  notHere: NO_SLAPD,
  run: () =>
    onTarget(startLdapRotation, async target => {
      const wasAll = mayWriteAll;
      mayWriteAll = false;
      const [first = '', ...rest] = ROTATION_RULES;
      if (wasAll) await target.rules([first, `to * by dn.exact="${WRITE_DN}" write by * break`, ...rest]);
      const taken = await target.bindAs(WRITE_DN, target.secrets.write);
      const writes = async (type: string, value: string) =>
        await taken
          .modify(
            VICTIM_DN,
            new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) }),
          )
          .then(
            () => 'written',
            () => 'refused',
          );
      const done = [await writes('userPassword', 'x'), await writes('pwdAccountLockedTime', LOCKED)];
      return { succeeded: done.includes('written'), seen: `password ${done[0]}, lock ${done[1]}` };
    }),
  without: () => {
    mayWriteAll = true;
  },
});
