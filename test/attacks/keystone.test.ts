import { vi } from 'vitest';
import type { usersOf } from '../../src/responders/keystone-rotation/token-file.ts';
import type { keysOf } from '../../src/responders/shared/keystone/keystone-key.ts';
import { startKeystoneKeyTarget } from '../conformance/keystone-key-target.ts';
import { startKeystoneRotation } from '../conformance/keystone-rotation-target.ts';
import { idOf, NO_KEYSTONE } from '../conformance/keystone-server.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/keystone-rotation/token-file.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/keystone-rotation/token-file.ts')>(),
    'usersOf',
  ),
);
vi.mock('../../src/responders/shared/keystone/keystone-key.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/shared/keystone/keystone-key.ts')>(),
    'keysOf',
  ),
);

const TIMEOUT_MS = 180_000;

attack({
  id: 'BND-05',
  attack: 'the end of the old application credential is signed before its service has moved, so that the service stops',
  control:
    'the use of the new one, which Keystone tells of a consumer’s token, when it is planned and again at the write',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_KEYSTONE,
  run: () =>
    onTarget(startKeystoneRotation, async target => {
      const service = await target.hold();
      await carriedOut(target, await planOf(target, 'rotate'));
      const said = await carriedOut(target, await planOf(target, 'end-old'));
      const serves = await service.reads();
      return { succeeded: !serves, seen: `${said}; the service ${serves ? 'goes on' : 'is cut off'}` };
    }),
  without: () => takeOut<typeof usersOf>('usersOf', (_actual, shown) => shown),
});

attack({
  id: 'BND-04',
  attack:
    'an application credential is named by the id of a user who has none, so that people sign for that user and a machine’s is deleted',
  control: 'that it is looked for in the list of the user who was named',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_KEYSTONE,
  run: () =>
    onTarget(startKeystoneKeyTarget, async target => {
      const [, key = ''] = target.victim.split('/');
      const said = await carriedOut(target, await planOf(target, 'delete-key', `${target.somebodyElse}/${key}`));
      const works = (await target.logIn()) !== undefined;
      return { succeeded: !works, seen: `${said}; the machine's ${works ? 'works' : 'is gone'}` };
    }),
  // Asked for one by its id, Keystone tells of anybody's, and it deletes by that id, whatever user stands before it.
  without: () =>
    takeOut<typeof keysOf>('keysOf', async (actual, client, user) => {
      const own = await actual(client, user);
      if (own.length > 0) return own;
      const found = (await client.get('/users?name=deploy-bot')) as {
        readonly users: readonly { readonly id: string }[];
      };
      return await actual(client, found.users[0]?.id ?? '');
    }),
});

let isAdministrators = false;

attack({
  id: 'EXE-02',
  attack:
    'whoever took the credential that writes lists and makes application credentials of another user, and disables that user',
  control: 'that it is one of the service’s user, as the README says, and no administrator’s',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_KEYSTONE,
  run: () =>
    onTarget(startKeystoneRotation, async target => {
      const wasAdministrators = isAdministrators;
      isAdministrators = false;
      const { server, system } = target;
      const taken = wasAdministrators
        ? server.admin
        : server.askWith(
            (await server.logInByKey(String(system.settings['writeKey']), target.secrets.write)) ?? 'refused',
          );
      const { body } = await server.admin('POST', '/users', { user: { name: 'victim', password: 'x' } });
      const user = idOf(body, 'user');
      const done = [
        (await taken('GET', `/users/${user}/application_credentials`)).status,
        (await taken('POST', `/users/${user}/application_credentials`, { application_credential: { name: 'x' } }))
          .status,
        (await taken('PATCH', `/users/${user}`, { user: { enabled: false } })).status,
      ];
      return { succeeded: done.some(status => status < 400), seen: `answered ${done.join(', ')}` };
    }),
  without: () => {
    isAdministrators = true;
  },
});
