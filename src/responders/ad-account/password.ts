import { randomBytes } from 'node:crypto';
import { Attribute, Change, type Client } from 'ldapts';
import { shownText } from '../shared/wire-text.ts';
import { RESET_PASSWORD } from './access-list.ts';
import { lastingPreconditions, type Work } from './work.ts';

export const PASSWORD_SET = 'account.passwordSet';
const UNKNOWN_TO_ALL = 'another one, that nobody knows';

/** Resets a password. When it was set last is all that the directory tells of one. */
export const PASSWORD: Work = {
  isAboutGroup: false,
  right: ({ account }) => ({
    descriptor: account.descriptor,
    right: RESET_PASSWORD,
    text: 'reset the password of this account. Accounts that the directory protects (AdminSDHolder) inherit no delegation',
  }),
  params: () => ({}),
  // Nothing else keeps a second reset from being made. Its holder can move it by a change of their own, once in the time that the
  // domain wants a password to be kept.
  preconditions: (_operation, now) => [
    ...lastingPreconditions(now),
    { path: PASSWORD_SET, value: now.account.passwordSet },
  ],
  changes: (_operation, { account }) => [
    { path: 'account.password', from: `the one set at ${account.passwordSet}`, to: UNKNOWN_TO_ALL },
  ],
  direct: (_operation, { account }) => `No new login as ${shownText(account.dn)} is possible with its password.`,
  sideEffects: [
    'The new password is random, made at the moment of the write and kept nowhere: nobody knows it. The help desk sets the next one together with the person.',
    'It is set twice, as a domain controller goes on to take the password before the last one for a time.',
  ],
  unknown: [
    'Jobs, devices and services that log in with the old password: they fail, and may lock the account by trying.',
    'Kerberos tickets that were given out before, and sessions that are open: they go on until they end.',
    'Whether the account logs in by other means, a certificate for example.',
    'Other domain controllers, until the change has been replicated to them, and machines that let in somebody whom they remember.',
  ],
  refusals: ({ before }) =>
    before === undefined ? [] : [{ reason: 'nothing_to_undo', text: 'A reset undoes nothing.' }],
  unfit: ({ changes: [change, ...others] }) =>
    change?.path === 'account.password' && change.to === UNKNOWN_TO_ALL && others.length === 0
      ? undefined
      : 'the plan changes something else',
  async write(client, _plan, { account }) {
    await setRandom(client, account.dn);
    await setRandom(client, account.dn);
  },
  driftCodes: [],
  version: ({ account }) => account.version,
  before: (_now, versionAfter) => (versionAfter === undefined ? {} : { 'account.versionAfter': versionAfter }),
};

const RANDOM_BYTES = 33;
/** One of each class of characters, for domains that want three of them. */
const EACH_CLASS = 'aZ7-';

/** It is on this stack alone, and gone with it. */
async function setRandom(client: Client, dn: string): Promise<void> {
  const quoted = Buffer.from(`"${EACH_CLASS}${randomBytes(RANDOM_BYTES).toString('base64url')}"`, 'utf16le');
  const modification = new Attribute({ type: 'unicodePwd', values: [quoted] });
  await client.modify(dn, [new Change({ operation: 'replace', modification })]);
}
