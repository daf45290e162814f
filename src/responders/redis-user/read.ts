import { createHash } from 'node:crypto';
import { type Reply, ReplyError, type Session } from './resp.ts';

/** A Redis user, as `ACL GETUSER` tells it. Rights and passwords are digests: they are compared, and not shown. */
export interface UserState {
  readonly name: string;
  readonly enabled: 'true' | 'false';
  /** SHA-256 over commands, keys, channels and selectors. */
  readonly rights: string;
  /** SHA-256 over the hashes of its passwords, and whether it needs one. */
  readonly passwords: string;
}

/** A connection that is open as the user. */
export interface Connection {
  readonly id: string;
  readonly address: string;
  readonly name: string;
  readonly ageSeconds: string;
}

/** Redis takes longer names; nobody gives them. In bytes. */
const NAME_BYTES_MAX = 512;

/** Whether a Redis user can have this name at all: no spaces, no control characters, and text. */
export function canBeName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\s\p{Cc}]/u.test(name) && Buffer.byteLength(name) <= NAME_BYTES_MAX;
}

const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** The state in an answer of `ACL GETUSER`; undefined where there is no such user. Throws the server's refusal. */
export function stateOf(name: string, reply: Reply | undefined): UserState | undefined {
  if (reply instanceof ReplyError) throw reply;
  if (!Array.isArray(reply)) return undefined;
  const members = new Map<string, Reply>();
  for (let i = 0; i + 1 < reply.length; i += 2) members.set(String(reply[i]), reply[i + 1] ?? null);
  const flags = members.get('flags');
  const words: readonly string[] = Array.isArray(flags) ? flags.map(String) : [];
  return {
    name,
    enabled: words.includes('on') ? 'true' : 'false',
    rights: digest(['commands', 'keys', 'channels', 'selectors'].map(member => members.get(member) ?? null)),
    passwords: digest([words.includes('nopass'), members.get('passwords') ?? null]),
  };
}

/** Everything of a state, as one mark that any change moves. */
export function versionOf(state: UserState): string {
  return digest([state.name, state.enabled, state.rights, state.passwords]);
}

/** The connections in an answer of `CLIENT LIST` that are open as the user. Oldest first. */
export function connectionsOf(name: string, reply: Reply | undefined): readonly Connection[] {
  if (reply instanceof ReplyError) throw reply;
  return String(reply ?? '')
    .split('\n')
    .map(
      line =>
        new Map(line.split(' ').map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    )
    .filter(fields => fields.get('user') === name)
    .map(fields => ({
      id: fields.get('id') ?? '',
      address: fields.get('addr') ?? 'unknown',
      name: fields.get('name') ?? '',
      ageSeconds: fields.get('age') ?? 'unknown',
    }))
    .sort((a, b) => Number(b.ageSeconds) - Number(a.ageSeconds));
}

/** Commands by which a user could get at every other, or at the server itself. */
const POWERFUL: readonly (readonly string[])[] = [
  ['ACL', 'SETUSER', 'x'],
  ['CONFIG', 'SET', 'maxmemory', '0'],
  ['MODULE', 'LOAD', 'x'],
  ['FLUSHALL'],
  ['SHUTDOWN'],
  ['REPLICAOF', 'x', '1'],
  ['DEBUG', 'SLEEP', '0'],
];

/** Which of these commands the server would let the user carry out; asked, and not carried out. */
export async function permitted(
  session: Session,
  user: string,
  commands: readonly (readonly string[])[],
): Promise<readonly boolean[]> {
  const replies = await session.ask(commands.map(command => ['ACL', 'DRYRUN', user, ...command]));
  return replies.map(reply => {
    if (reply instanceof ReplyError) throw reply;
    return reply === 'OK';
  });
}

export async function isPowerful(session: Session, user: string): Promise<boolean> {
  return (await permitted(session, user, POWERFUL)).includes(true);
}

/** More users than this are not looked through for another administrator. */
const USERS_MAX = 500;

/** Whether another user in an answer of `ACL USERS` is on and may change users. Where that cannot be told, none may. */
export async function hasOtherAdministrator(
  session: Session,
  name: string,
  users: Reply | undefined,
): Promise<boolean> {
  if (users instanceof ReplyError) throw users;
  const others = (Array.isArray(users) ? users.map(String) : []).filter(other => other !== name).slice(0, USERS_MAX);
  for (const other of others) {
    const [[mayChange], [reply]] = [
      await permitted(session, other, [['ACL', 'SETUSER', 'x']]),
      await session.ask([['ACL', 'GETUSER', other]]),
    ];
    if (mayChange === true && stateOf(other, reply)?.enabled === 'true') return true;
  }
  return false;
}
