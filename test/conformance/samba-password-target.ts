import { EqualityFilter } from 'ldapts';
import { adAccountManifest } from '../../src/responders/ad-account/manifest.ts';
import { BASE } from './samba.ts';
import { type Grant, RIGHT } from './samba-rights.ts';
import { forbiddenOf } from './samba-scopes.ts';
import { asUnicodePwd, type SambaTarget, startSambaTarget, VICTIM, VICTIM_DN } from './samba-target.ts';

const RESET_PASSWORD = '00299570-246d-11d0-a768-00aa006e0529';

/** A domain controller whose write account may reset passwords, and nothing else. */
export async function startSambaPasswordTarget(): Promise<SambaTarget> {
  const target = await startSambaTarget();
  const { admin, edit, sids, grant, passwords, drifts } = target;
  const usual: Grant = { isAllow: true, mask: RIGHT.control, on: RESET_PASSWORD, sid: sids.write };
  const read = async (name: string, attribute: string) => {
    const filter = new EqualityFilter({ attribute: 'sAMAccountName', value: name });
    const { searchEntries } = await admin.search(BASE, { filter, attributes: [attribute] });
    return String(searchEntries[0]?.[attribute] ?? '');
  };
  const contain = adAccountManifest.operations.find(({ name }) => name === 'reset-password');
  if (contain === undefined) throw new Error('the responder resets passwords');
  const setByAdmin = (password: string) => edit('replace', VICTIM_DN, 'unicodePwd', [asUnicodePwd(password)]);
  let setAt = await read(VICTIM, 'pwdLastSet');
  return {
    ...target,
    contain,
    release: undefined,
    isOfSeveralChanges: true,
    async restore() {
      await target.restore();
      await grant([usual]);
      if ((await read(VICTIM, 'pwdLastSet')) !== setAt) await setByAdmin(passwords.victim);
      setAt = await read(VICTIM, 'pwdLastSet');
    },
    valueAt: async () =>
      (await read(VICTIM, 'pwdLastSet')) === setAt ? `the one set at ${setAt}` : 'another one, that nobody knows',
    // An account that the suite made for itself has had none before.
    isContained: async name => {
      const now = await read(name, 'pwdLastSet');
      return name === VICTIM ? now !== setAt : now !== '0';
    },
    drifts: [
      {
        name: 'a password that somebody else set',
        apply: () => setByAdmin('Canary-Another-1'),
        revert: () => setByAdmin(passwords.victim),
      },
      ...drifts.filter(({ name }) => !/disabling|never ends/.test(name)),
    ],
    driftsAfter: [],
    scopes: [
      { name: 'reset a password', apply: () => grant([]), revert: () => grant([usual]) },
      {
        name: 'reset a password, denied on top',
        apply: () => grant([{ ...usual, isAllow: false }, usual]),
        revert: () => grant([usual]),
      },
    ],
    forbidden: forbiddenOf(target.bindAs, passwords, 'reset a password'),
    containAlone: () => setByAdmin('Canary-Another-1'),
  };
}
