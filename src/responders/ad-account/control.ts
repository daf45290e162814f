import { Attribute, Change } from 'ldapts';
import { CODE } from '../shared/ldap/ldap-directory.ts';
import { shownText } from '../shared/wire-text.ts';
import { WRITE_ACCOUNT_CONTROL } from './access-list.ts';
import { FLAG } from './read.ts';
import { lastingPreconditions, type Situation, type Work } from './work.ts';

const PATH = 'account.userAccountControl';

/** What `userAccountControl` becomes: one bit of it. */
function nextControl(operation: string, control: number): number {
  return (operation === 'disable' ? control | FLAG.disabled : control & ~FLAG.disabled) >>> 0;
}

const isDisabled = ({ account }: Situation) => (account.control & FLAG.disabled) !== 0;

/** Disables and enables. */
export const CONTROL: Work = {
  isAboutGroup: false,
  right: ({ account }) => ({
    descriptor: account.descriptor,
    right: WRITE_ACCOUNT_CONTROL,
    text: 'write userAccountControl of this account. Accounts that the directory protects (AdminSDHolder) inherit no delegation',
  }),
  params: () => ({}),
  preconditions: (operation, now) => [
    ...lastingPreconditions(now),
    { path: PATH, value: String(now.account.control) },
    ...(operation === 'enable' ? [{ path: 'account.version', value: now.account.version }] : []),
  ],
  changes: (operation, { account: { control } }) => [
    { path: PATH, from: String(control), to: String(nextControl(operation, control)) },
  ],
  direct: (operation, { account }) =>
    `Every new login as ${shownText(account.dn)} ${operation === 'disable' ? 'is refused' : 'is possible again with its password'}.`,
  sideEffects: [],
  unknown: [
    'Kerberos tickets that were given out before. A domain controller gives no new ones on them, and what trusts one that is out goes on to until it ends, by default within ten hours.',
    'Connections and sessions that are open as the account now: the directory ends none.',
    'Other domain controllers, until the change has been replicated to them, and machines that let in somebody whom they remember.',
    'Rights that were given to the account itself, or to groups that no built-in group knows.',
  ],
  refusals({ operation, before }, now) {
    if (operation === 'disable' && before !== undefined && before['account.isDisabled'] !== 'true')
      return [{ reason: 'nothing_to_undo', text: 'Countersign did not enable it, so there is nothing to undo.' }];
    if (operation === 'disable')
      return isDisabled(now) ? [{ reason: 'already_in_effect', text: 'The account is disabled now.' }] : [];
    if (before?.['account.isDisabled'] !== 'false')
      return [{ reason: 'nothing_to_undo', text: 'Countersign did not disable it, so there is nothing to undo.' }];
    if (isDisabled(now) && before['account.versionAfter'] === now.account.version) return [];
    const text = 'Somebody changed the account after it was disabled. Look at it there first.';
    return [{ reason: 'changed_since', text }];
  },
  unfit({ operation, changes: [change, ...others] }) {
    if (change?.path !== PATH || others.length > 0) return 'the plan changes something else';
    const next = nextControl(operation, Number(change.from));
    return String(next) === change.to ? undefined : 'the plan changes more than one bit';
  },
  async write(client, plan, { account }) {
    const [{ from, to } = { from: '', to: '' }] = plan.changes;
    // Taking the old value away by name is the comparison: the server refuses where another one stands there.
    await client.modify(account.dn, [control('delete', from), control('add', to)]);
  },
  driftCodes: [CODE.noSuchAttribute],
  version: ({ account }) => account.version,
  before: (now, versionAfter) => ({
    'account.isDisabled': String(isDisabled(now)),
    [PATH]: String(now.account.control),
    'account.version': now.account.version,
    ...(versionAfter === undefined ? {} : { 'account.versionAfter': versionAfter }),
  }),
};

function control(operation: 'add' | 'delete', value: string): Change {
  return new Change({ operation, modification: new Attribute({ type: 'userAccountControl', values: [value] }) });
}
