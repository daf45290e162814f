import { vi } from 'vitest';
import type { stateOf } from '../../src/responders/redis-user/read.ts';
import type { withSession } from '../../src/responders/redis-user/resp.ts';
import { NO_REDIS, type RedisTarget, startRedisTarget } from '../conformance/redis-target.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/responders/redis-user/read.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/redis-user/read.ts')>(),
    'stateOf',
  ),
);
vi.mock('../../src/responders/redis-user/resp.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/redis-user/resp.ts')>(),
    'withSession',
  ),
);

async function startRedis(): Promise<RedisTarget> {
  const target = await startRedisTarget();
  await target.restore();
  return target;
}

attack({
  id: 'EXE-05',
  attack: 'whoever took a password of Redis is connected, and goes on reading after the user was switched off',
  control: 'the end of its connections, in the same transaction',
  notHere: NO_REDIS,
  run: () =>
    onTarget(startRedis, async target => {
      const thief = await target.hold();
      const said = await carriedOut(target, await planOf(target, 'lock'));
      const reads = await thief.reads();
      await thief.close();
      return { succeeded: said === 'applied' && reads, seen: `${said}; the thief ${reads ? 'reads on' : 'is out'}` };
    }),
  without: () =>
    takeOut<typeof withSession>('withSession', (actual, address, user, secret, timeoutMs, work) =>
      actual(address, user, secret, timeoutMs, session =>
        work({ ...session, ask: commands => session.ask(commands.filter(([, word]) => word !== 'KILL')) }),
      ),
    ),
});

attack({
  id: 'BND-04',
  attack:
    'after the lock of a user was signed, a service is given a user of that name, and is switched off in its place',
  control: 'that the rights of a user are a part of what it is',
  notHere: NO_REDIS,
  run: () =>
    onTarget(startRedis, async target => {
      const signed = await planOf(target, 'lock');
      await target.set(target.victim, 'reset', 'on', '>service', '~payroll:*', '+@read');
      const said = await carriedOut(target, signed);
      const isOff = await target.isContained(target.victim);
      return { succeeded: isOff, seen: `${said}; the service is ${isOff ? 'switched off' : 'as it was'}` };
    }),
  without: () =>
    takeOut<typeof stateOf>('stateOf', (actual, ...of) => {
      const state = actual(...of);
      return state === undefined ? undefined : { ...state, rights: 'any', passwords: 'any' };
    }),
});
