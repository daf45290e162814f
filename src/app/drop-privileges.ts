import { invariant } from '../base/invariant.ts';
import type { Identity } from './identities.ts';

/**
 * Gives up root for good: this process becomes `identity`, with `groups` and no others.
 *
 * Called when everything was loaded: afterwards a checkout below a closed home can't be read any more. What the
 * process could read before it has no way back to: the kernel also stops its siblings from reading its memory and
 * environment, since they run as other users.
 */
export function dropPrivileges(identity: Identity, groups: readonly number[]): void {
  const { setgroups, setgid, setuid, getuid, geteuid, getgid } = process;
  invariant(
    setgroups !== undefined && setgid !== undefined && setuid !== undefined,
    'only a system that has user ids runs its processes under several',
  );
  setgroups([...groups]);
  setgid(identity.gid);
  setuid(identity.uid);
  invariant(getuid?.() === identity.uid && geteuid?.() === identity.uid, 'the process runs as its own user');
  invariant(getgid?.() === identity.gid, 'the process runs as its own group');
  let isBackToRoot = true;
  try {
    setuid(0);
  } catch {
    isBackToRoot = false;
  }
  invariant(!isBackToRoot, 'a process that gave up root cannot take it back');
}
