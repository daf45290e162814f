import { EqualityFilter } from 'ldapts';
import type { Change } from '../../src/connector/target.ts';
import { adAccountManifest } from '../../src/responders/ad-account/manifest.ts';
import { BASE } from './samba.ts';
import { type Grant, RIGHT, readDacl, withGrants, writeDacl } from './samba-rights.ts';
import { forbiddenOf } from './samba-scopes.ts';
import { PEOPLE, type SambaTarget, STAFF, startSambaTarget, VICTIM_DN } from './samba-target.ts';

const MEMBER = 'bf9679c0-0de6-11d0-a285-00aa003049e2';
const BYSTANDER_DN = `CN=bystander,${PEOPLE}`;
const MOVED_GROUP = `CN=staff,OU=moved,${BASE}`;

/** A domain controller whose write account may write the members of `staff`, and nothing else. */
export async function startSambaGroupTarget(): Promise<SambaTarget> {
  const target = await startSambaTarget();
  try {
    return await forGroup(target);
  } catch (error) {
    await target.close();
    throw error;
  }
}

async function forGroup(target: SambaTarget): Promise<SambaTarget> {
  const { admin, edit, sids, grant } = target;
  const bare = await readDacl(admin, STAFF);
  const usual: Grant = {
    isAllow: true,
    mask: RIGHT.readProperty | RIGHT.writeProperty,
    on: MEMBER,
    sid: sids.write,
    isOwn: true,
  };
  const granted = (grants: readonly Grant[]) => writeDacl(admin, STAFF, withGrants(bare, grants));
  const members = async (): Promise<readonly string[]> => {
    const { searchEntries } = await admin.search(STAFF, { scope: 'base', attributes: ['member'] });
    return [searchEntries[0]?.['member'] ?? []].flat().map(String);
  };
  const [, , contain, release] = adAccountManifest.operations;
  if (contain === undefined || release === undefined) throw new Error('the responder takes out and puts back');
  const settings = { group: STAFF };
  const proxied = { ...target.proxied, settings: { ...target.proxied.settings, ...settings } };
  return {
    ...target,
    system: { ...target.system, settings: { ...target.system.settings, ...settings } },
    proxied,
    lie: { ...target.lie, system: proxied },
    contain,
    release,
    async restore() {
      await target.restore();
      await grant([]);
      await granted([usual]);
      const now = await members();
      if (now.join() !== VICTIM_DN) await edit('replace', STAFF, 'member', [VICTIM_DN]);
    },
    valueAt: async () => ((await members()).includes(VICTIM_DN) ? 'yes' : 'no'),
    async isContained(name) {
      const filter = new EqualityFilter({ attribute: 'sAMAccountName', value: name });
      const { searchEntries } = await admin.search(BASE, { filter, attributes: ['memberOf'] });
      return ![searchEntries[0]?.['memberOf'] ?? []].flat().map(String).includes(STAFF);
    },
    async version() {
      const { searchEntries } = await admin.search(STAFF, { scope: 'base', attributes: ['uSNChanged'] });
      return String(searchEntries[0]?.['uSNChanged']);
    },
    versionAfterPath: 'group.versionAfter',
    ...driftsOf(target),
    scopes: [
      { name: 'write member', apply: () => granted([]), revert: () => granted([usual]) },
      {
        name: 'write member, denied on top',
        apply: () => granted([{ ...usual, isAllow: false, mask: RIGHT.writeProperty }, usual]),
        revert: () => granted([usual]),
      },
      {
        name: 'read the group',
        apply: () => admin.modifyDN(STAFF, MOVED_GROUP),
        revert: () => admin.modifyDN(MOVED_GROUP, STAFF),
      },
    ],
    forbidden: forbiddenOf(target.bindAs, target.passwords, 'write members of the group'),
    containAlone: () => edit('delete', STAFF, 'member', [VICTIM_DN]),
    async makeHostile(name) {
      const made = await target.makeHostile(name);
      if (made === undefined) return undefined;
      return {
        ...made,
        async apply() {
          await made.apply();
          await edit('add', STAFF, 'member', [`CN=hostile,${PEOPLE}`]);
        },
      };
    },
  };
}

function driftsOf({ admin, edit, drifts }: SambaTarget): Pick<SambaTarget, 'drifts' | 'driftsAfter'> {
  const change = (name: string, apply: () => Promise<void>, revert: () => Promise<void>): Change => ({
    name,
    apply,
    revert,
  });
  const member = (operation: 'add' | 'delete', dn: string) => () => edit(operation, STAFF, 'member', [dn]);
  const nothing = async () => undefined;
  const group = async (sam: string) =>
    await admin.add(STAFF, { objectClass: ['group'], sAMAccountName: [sam], member: [VICTIM_DN] });
  return {
    drifts: [
      change('a removal by somebody else', member('delete', VICTIM_DN), member('add', VICTIM_DN)),
      // What else happens to the account is no concern of its membership.
      ...drifts.filter(({ name }) => !/disabling|never ends/.test(name)),
      change(
        'another group at the place of the one that was signed',
        async () => {
          await admin.modifyDN(STAFF, MOVED_GROUP);
          await group('staff-anew');
        },
        async () => {
          await admin.del(STAFF);
          await admin.modifyDN(MOVED_GROUP, STAFF);
        },
      ),
    ],
    driftsAfter: [
      change('a return by somebody else', member('add', VICTIM_DN), nothing),
      change('another member', member('add', BYSTANDER_DN), nothing),
    ],
  };
}
