import { Attribute, type Client, Change as LdapChange } from 'ldapts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import { ADMINS, LOCKED, type Passwords, PEOPLE, READ_DN, RULES, VICTIM_DN, WRITE_DN } from './slapd.ts';

/** Edits of the directory's administrator: one attribute of one entry. */
export function editsOf(admin: Client) {
  const edit = (operation: 'add' | 'delete' | 'replace') => async (dn: string, type: string, values: string[]) =>
    await admin.modify(dn, new LdapChange({ operation, modification: new Attribute({ type, values }) }));
  return { add: edit('add'), remove: edit('delete'), set: edit('replace'), admin };
}

export type Edits = ReturnType<typeof editsOf>;

/** The rights that a plan needs, taken away one at a time. */
export function scopesOf(
  rules: (texts: readonly string[]) => Promise<void>,
  { set }: Edits,
  readPassword: string,
): readonly Change[] {
  const hidden = (what: string): Change => ({
    name: what,
    apply: () => rules([`to ${what} by dn.exact="${READ_DN}" none by * break`, ...RULES]),
    revert: () => rules(RULES),
  });
  return [
    ...['entryUUID', 'entryCSN', 'pwdAccountLockedTime'].map(attribute =>
      hidden(`dn.subtree="${PEOPLE}" attrs=${attribute}`),
    ),
    hidden(`dn.exact="${ADMINS}" attrs=member`),
    hidden('*'),
    {
      name: 'the bind',
      apply: () => set(READ_DN, 'userPassword', ['another']),
      revert: () => set(READ_DN, 'userPassword', [readPassword]),
    },
  ];
}

/** What neither account may do. */
export function forbiddenOf(
  bindAs: (dn: string, password: string) => Promise<Client>,
  passwords: Passwords,
): ConformanceTarget['forbidden'] {
  const replace = (type: string, values: string[]) =>
    new LdapChange({ operation: 'replace', modification: new Attribute({ type, values }) });
  const attempts: readonly { readonly name: string; readonly run: (client: Client) => Promise<unknown> }[] = [
    {
      name: 'write userPassword of an account',
      run: client => client.modify(VICTIM_DN, replace('userPassword', ['x'])),
    },
    { name: 'write another attribute', run: client => client.modify(VICTIM_DN, replace('description', ['x'])) },
    { name: 'write members of a group', run: client => client.modify(ADMINS, replace('member', [VICTIM_DN])) },
    { name: 'delete an entry', run: client => client.del(VICTIM_DN) },
    { name: 'rename an entry', run: client => client.modifyDN(VICTIM_DN, 'uid=x') },
    {
      name: 'add an entry',
      run: client => client.add(`uid=new,${PEOPLE}`, { objectClass: ['account'], uid: ['new'] }),
    },
    {
      name: 'lock its own identities',
      run: client => client.modify(WRITE_DN, replace('pwdAccountLockedTime', [LOCKED])),
    },
    {
      name: 'read userPassword',
      run: async client => {
        const { searchEntries } = await client.search(VICTIM_DN, { scope: 'base', attributes: ['userPassword'] });
        if ((searchEntries[0]?.['userPassword'] ?? []).length === 0) throw new Error('not shown');
      },
    },
  ];
  const lock = {
    name: 'lock an account',
    run: (client: Client) => client.modify(VICTIM_DN, replace('pwdAccountLockedTime', [LOCKED])),
  };
  const forbidden = (who: 'read' | 'write', { name, run }: (typeof attempts)[number]) => ({
    name: `${who}: ${name}`,
    isAllowed: async () => {
      const client = await bindAs(who === 'read' ? READ_DN : WRITE_DN, passwords[who]);
      return await run(client).then(
        () => true,
        () => false,
      );
    },
  });
  return [
    ...[...attempts, lock].map(attempt => forbidden('read', attempt)),
    ...attempts.map(attempt => forbidden('write', attempt)),
  ];
}
