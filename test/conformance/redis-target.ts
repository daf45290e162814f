import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProxy } from '../../src/connector/proxy.ts';
import type { Change, ConformanceTarget, HeldConnection } from '../../src/connector/target.ts';
import type { SystemConfig } from '../../src/ports/responder.ts';
import { redisUserManifest } from '../../src/responders/redis-user/manifest.ts';
import { stateOf, versionOf } from '../../src/responders/redis-user/read.ts';
import type { Reply } from '../../src/responders/redis-user/resp.ts';
import { redisUser } from '../../src/responders/redis-user/responder.ts';
import { freePort } from './free-port.ts';
import { type Client, connectRedis } from './redis-client.ts';
import { notHere, startServer } from './server-process.ts';

export const NO_REDIS = notHere('redis-server', 'redis-server');

const VICTIM = 'c.victim';
const READER = 'countersign-read';
const WRITER = 'countersign-write';
const READ_RIGHTS = ['+acl|getuser', '+acl|users', '+acl|dryrun', '+client|list'];
const WRITE_RIGHTS = ['+acl|getuser', '+acl|setuser', '+client|kill', '+multi', '+exec'];

/** What the tests beside the suite do as the administrator of the server. */
export interface RedisTarget extends ConformanceTarget {
  set(user: string, ...rules: readonly string[]): Promise<void>;
}

/** Starts a redis-server of its own, with the users that the README names. */
export async function startRedisTarget(): Promise<RedisTarget> {
  const home = await mkdtemp(join(tmpdir(), 'cs-redis-'));
  const port = await freePort();
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', home];
  const server = await startServer('redis-server', args, port);
  try {
    return await prepare(port, async () => {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function prepare(port: number, stop: () => Promise<void>): Promise<RedisTarget> {
  const password = () => `canary-${randomBytes(12).toString('hex')}`;
  const passwords = { admin: password(), read: password(), write: password(), victim: password() };
  const login = (user: string, secret: string) => connectRedis(port, user, secret);
  const first = await connectRedis(port);
  const rights = `~orders:* +@read +@connection`.split(' ');
  const asVictim = ['on', `>${passwords.victim}`, ...rights];
  const asReader = ['on', `>${passwords.read}`, ...READ_RIGHTS];
  const asWriter = ['on', `>${passwords.write}`, ...WRITE_RIGHTS];
  await first.ask('ACL', 'SETUSER', 'admin', 'on', `>${passwords.admin}`, 'allkeys', 'allchannels', '+@all');
  const admin = await login('admin', passwords.admin);
  await first.close();
  const set = async (user: string, ...rules: readonly string[]) =>
    void (await admin.ask('ACL', 'SETUSER', user, ...rules));
  const anew = (user: string, rules: readonly string[]) => set(user, 'reset', ...rules);
  await set('default', 'off');
  await set('bystander', 'on', '>bystander', '+@read', '~*');
  await admin.ask('SET', 'orders:1', 'one');
  const restoreUsers = async () => {
    await anew(VICTIM, asVictim);
    await anew(READER, asReader);
    await anew(WRITER, asWriter);
  };
  await restoreUsers();
  const stateNow = async (name: string) => stateOf(name, (await admin.ask('ACL', 'GETUSER', name)) as Reply);
  const proxy = await startProxy({ host: '127.0.0.1', port });
  const system: SystemConfig = {
    responder: 'redis-user',
    system: 'cache',
    settings: { host: '127.0.0.1', port: String(port), tls: 'off' },
  };
  const [contain, release] = redisUserManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder contains and releases');
  const rule = (name: string, user: string, apply: readonly string[], revert: readonly string[]): Change => ({
    name,
    apply: () => set(user, ...apply),
    revert: () => set(user, ...revert),
  });
  const drifts = [
    rule('a lock by somebody else', VICTIM, ['off'], ['on']),
    rule('a new right', VICTIM, ['+set'], ['reset', ...asVictim]),
    rule('new keys', VICTIM, ['~payroll:*'], ['reset', ...asVictim]),
    {
      name: 'a user that is gone',
      apply: async () => void (await admin.ask('ACL', 'DELUSER', VICTIM)),
      revert: () => anew(VICTIM, asVictim),
    },
  ];
  let open: readonly Client[] = [];
  return {
    responder: redisUser,
    program: {
      module: new URL('../../src/responders/redis-user/responder.ts', import.meta.url).href,
      name: 'redisUser',
    },
    effect: 'proven',
    system,
    proxied: { ...system, settings: { ...system.settings, port: String(proxy.port) } },
    proxy,
    set,
    secrets: { read: passwords.read, write: passwords.write, probe: JSON.stringify({ [VICTIM]: passwords.victim }) },
    contain,
    release,
    victim: VICTIM,
    async restore() {
      proxy.reset();
      await restoreUsers();
      await admin.ask('CLIENT', 'KILL', 'USER', VICTIM);
    },
    snapshot: async () => JSON.stringify(await admin.ask('ACL', 'LIST')),
    async valueAt(path) {
      if (path === 'user.enabled') return (await stateNow(VICTIM))?.enabled ?? 'gone';
      return String(String(await admin.ask('CLIENT', 'LIST')).split(` user=${VICTIM} `).length - 1);
    },
    isContained: async name => (await stateNow(name))?.enabled === 'false',
    async version() {
      const state = await stateNow(VICTIM);
      return state === undefined ? 'gone' : versionOf(state);
    },
    versionAfterPath: 'user.versionAfter',
    // Whether a user may set another is asked about with DRYRUN, which carries nothing out.
    asksForChange: sent => /\$7\r\nSETUSER|\$4\r\nKILL|\$4\r\nEXEC/.test(withoutDryRuns(sent)),
    drifts,
    driftsAfter: [
      rule('a new password', VICTIM, ['>another'], ['<another']),
      rule('a new right', VICTIM, ['+set'], ['reset', ...asVictim, 'off']),
      rule('an unlock by somebody else', VICTIM, ['on'], ['off']),
    ],
    scopes: [
      ...READ_RIGHTS.map(right => rule(`${right} of the reader`, READER, [`-${right.slice(1)}`], [right])),
      ...WRITE_RIGHTS.map(right => rule(`${right} of the writer`, WRITER, [`-${right.slice(1)}`], [right])),
      rule('the writer itself', WRITER, ['off'], ['on']),
    ],
    forbidden: forbiddenOf(login, passwords),
    ...lieOf(proxy, system),
    containAlone: () => set(VICTIM, 'off'),
    hold: async () => heldBy(await login(VICTIM, passwords.victim)),
    rests: {
      name: 'what rests on it',
      mentions: ['named "billing"', 'named "reports"', 'connection from 127.0.0.1:'],
      async apply() {
        open = [await login(VICTIM, passwords.victim), await login(VICTIM, passwords.victim)];
        await open[0]?.ask('CLIENT', 'SETNAME', 'billing');
        await open[1]?.ask('CLIENT', 'SETNAME', 'reports');
      },
      async revert() {
        for (const client of open) await client.close();
      },
    },
    untouchable: [
      { name: 'default', reason: 'not_expressible', isRefusedByTarget: true },
      { name: READER, reason: 'own_identity', isRefusedByTarget: true },
      { name: WRITER, reason: 'own_identity', isRefusedByTarget: true },
    ],
    hostileNames: [
      '',
      ' ',
      '*',
      '%s',
      `${VICTIM} `,
      ` ${VICTIM}`,
      `${VICTIM}\0`,
      `${VICTIM}\r\nACL SETUSER bystander off`,
      VICTIM.toUpperCase(),
      `${VICTIM}\u200b`,
      `\u202e${VICTIM}`,
      'c\uff0evictim',
      `${VICTIM}*`,
      `"${VICTIM}"`,
      '\ud800',
      'v'.repeat(600),
    ],
    hostileAccounts: ['*', '%s%n', '"q"', "o'brien", '../c', '\u202etxet', 'UPPER', 'user=c.victim', '$8', '>x'],
    async makeHostile(name) {
      return {
        name,
        apply: () => anew(name, ['on', '+@read', '~x']),
        revert: async () => void (await admin.ask('ACL', 'DELUSER', name)),
      };
    },
    async close() {
      await proxy.close();
      await admin.close();
      await stop();
    },
  };
}

/** What was sent, without the commands that were asked about and not carried out. */
function withoutDryRuns(sent: Buffer): string {
  return sent.toString('latin1').replace(/\*\d+\r\n\$3\r\nACL\r\n\$6\r\nDRYRUN\r\n(?:\$\d+\r\n[^\r]*\r\n)+/g, '');
}

function heldBy(client: Client): HeldConnection {
  return {
    reads: async () => (await client.ask('GET', 'orders:1').catch(() => undefined)) === 'one',
    close: () => client.close(),
  };
}

/** Between the responder and the server, the transaction is answered as if it had been carried out. */
function lieOf(proxy: ConformanceTarget['proxy'], system: SystemConfig): { readonly lie: ConformanceTarget['lie'] } {
  const user = (flag: string) => `*4\r\n$5\r\nflags\r\n*1\r\n$${flag.length}\r\n${flag}\r\n$9\r\npasswords\r\n*0\r\n`;
  const lie = `+OK\r\n${'+QUEUED\r\n'.repeat(4)}*4\r\n${user('on')}+OK\r\n:0\r\n${user('off')}`;
  return {
    lie: {
      name: 'a lie',
      system: { ...system, settings: { ...system.settings, port: String(proxy.port) } },
      async apply() {
        proxy.reset();
        proxy.answer(piece => (piece.includes('EXEC\r\n') ? Buffer.from(lie) : undefined));
      },
      revert: async () => proxy.reset(),
    },
  };
}

function forbiddenOf(
  login: (user: string, secret: string) => Promise<Client>,
  passwords: { readonly read: string; readonly write: string },
): ConformanceTarget['forbidden'] {
  const both = [
    'GET orders:1',
    'CONFIG GET port',
    'ACL DELUSER bystander',
    'ACL LOAD',
    'SHUTDOWN',
    'FLUSHALL',
    'EVAL x 0',
  ];
  const readOnly = [`ACL SETUSER ${VICTIM} off`, `CLIENT KILL USER ${VICTIM}`];
  const attempt = (user: string, secret: string, command: string) => async () => {
    const client = await login(user, secret);
    try {
      return !(await client.ask(...command.split(' ')).then(() => '', String)).includes('NOPERM');
    } finally {
      await client.close();
    }
  };
  return [
    ...[...both, ...readOnly].map(text => ({
      name: `read: ${text}`,
      isAllowed: attempt(READER, passwords.read, text),
    })),
    ...both.map(text => ({ name: `write: ${text}`, isAllowed: attempt(WRITER, passwords.write, text) })),
  ];
}
