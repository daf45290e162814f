import { fail, ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import type { ResponderContext, RightSeen, SystemConfig } from '../../ports/responder.ts';
import { readSettings } from './config.ts';
import { redisUserManifest } from './manifest.ts';
import { stateOf } from './read.ts';
import { type Reply, ReplyError, readFailure, type Session, withSession } from './resp.ts';

/** The commands by which a right shows: it is held where the server would let the user carry out any of them. Asked, never carried out. */
const ASKED: { readonly [scope: string]: readonly (readonly string[])[] } = {
  '+acl|getuser': [['ACL', 'GETUSER', 'x']],
  '+acl|users': [['ACL', 'USERS']],
  '+acl|dryrun': [['ACL', 'DRYRUN', 'x', 'PING']],
  '+client|list': [['CLIENT', 'LIST']],
  '+acl|setuser': [['ACL', 'SETUSER', 'x']],
  '+client|kill': [['CLIENT', 'KILL', 'USER', 'x']],
  '+multi': [['MULTI']],
  '+exec': [['EXEC']],
  '+config': [
    ['CONFIG', 'GET', 'x'],
    ['CONFIG', 'SET', 'maxmemory', '0'],
    ['CONFIG', 'REWRITE'],
    ['CONFIG', 'RESETSTAT'],
  ],
  '+acl|deluser': [['ACL', 'DELUSER', 'x']],
  '+acl|load': [['ACL', 'LOAD']],
  '+shutdown': [['SHUTDOWN']],
  '+flushall': [['FLUSHALL']],
  '+eval': [['EVAL', 'return 1', '0']],
};

/** Rights that no command shows: what the user itself is told to reach, by the member of its answer. */
const REACHED: { readonly [scope: string]: 'keys' | 'channels' } = { 'any key': 'keys', 'any channel': 'channels' };

/** Every right that the manifest needs or forbids, as the server has it now for both users. */
export async function seeRights(
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<readonly RightSeen[], Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const { readUser, writeUser } = settings.value;
  const secret = await context.readCredential();
  try {
    return await withSession(settings.value, readUser, secret, context.timeoutMs, async session =>
      ok([...(await rightsOf(session, 'read', readUser)), ...(await rightsOf(session, 'write', writeUser))]),
    );
  } catch (error) {
    return fail(readFailure(error, [secret]));
  }
}

async function rightsOf(
  session: Session,
  credential: RightSeen['credential'],
  user: string,
): Promise<readonly RightSeen[]> {
  const [reply] = await session.ask([['ACL', 'GETUSER', user]]);
  const isThere = stateOf(user, reply)?.enabled === 'true';
  const { scopes } = redisUserManifest;
  const wanted = [
    ...scopes[credential].map(scope => ({ scope, need: 'needed' as const })),
    ...scopes.forbidden.map(scope => ({ scope, need: 'forbidden' as const })),
  ];
  const seen: RightSeen[] = [];
  for (const { scope, need } of wanted) {
    const reached = REACHED[scope];
    // A user that is not there, or switched off, can do nothing at all.
    const granted = !isThere
      ? 'no'
      : reached === undefined
        ? await isPermitted(session, user, ASKED[scope] ?? [])
        : reaches(reply, reached);
    seen.push({
      credential,
      scope,
      need,
      granted,
      because: granted === 'unknown' ? 'the server does not know one of its commands' : '',
    });
  }
  return seen;
}

async function isPermitted(
  session: Session,
  user: string,
  commands: readonly (readonly string[])[],
): Promise<RightSeen['granted']> {
  const replies = await session.ask(commands.map(command => ['ACL', 'DRYRUN', user, ...command]));
  const refused = replies.find(reply => reply instanceof ReplyError);
  if (replies.includes('OK')) return 'yes';
  if (refused instanceof ReplyError && refused.code === 'NOPERM') throw refused;
  // A command that this version of the server does not have, or that was renamed away, can be told nothing of.
  return refused === undefined && replies.length > 0 ? 'no' : 'unknown';
}

/** Whether the user, or one of its selectors, may reach any key or channel. */
function reaches(reply: Reply | undefined, member: 'keys' | 'channels'): RightSeen['granted'] {
  const patterns = patternsIn(reply, member);
  if (patterns === undefined) return 'unknown';
  return patterns.some(pattern => pattern !== '') ? 'yes' : 'no';
}

function patternsIn(reply: Reply | undefined, member: 'keys' | 'channels'): readonly string[] | undefined {
  if (!Array.isArray(reply)) return undefined;
  const members = new Map<string, Reply>();
  for (let i = 0; i + 1 < reply.length; i += 2) members.set(String(reply[i]), reply[i + 1] ?? null);
  const own = members.get(member);
  if (typeof own !== 'string') return undefined;
  const selectors = members.get('selectors');
  const others = Array.isArray(selectors) ? selectors.map(selector => patternsIn(selector, member)) : [];
  return others.some(patterns => patterns === undefined)
    ? undefined
    : [own, ...others.flatMap(patterns => patterns ?? [])];
}
