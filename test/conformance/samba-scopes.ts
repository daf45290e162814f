import { Attribute, type Client, Change as LdapChange } from 'ldapts';
import type { Change, ConformanceTarget } from '../../src/connector/target.ts';
import { BASE } from './samba.ts';
import { type Grant, RIGHT, readDacl, writeDacl } from './samba-rights.ts';
import {
  ADMINS,
  asUnicodePwd,
  type Passwords,
  PEOPLE,
  READ_DN,
  type SambaTarget,
  STAFF,
  VICTIM_DN,
  WRITE_DN,
} from './samba-target.ts';

/** Attributes without which no plan is made, by their schema GUIDs. Samba denies nobody objectSid and objectGUID. */
const ATTRIBUTES = {
  userAccountControl: 'bf967a68-0de6-11d0-a285-00aa003049e2',
  uSNChanged: 'bf967a6f-0de6-11d0-a285-00aa003049e2',
  tokenGroups: 'b7c69e6d-2cc7-11d2-854e-00a0c983f608',
} as const;

export interface Rights {
  grant(grants: readonly Grant[]): Promise<void>;
  readonly usual: Grant;
  readonly sids: { readonly read: Buffer; readonly write: Buffer };
  readonly edit: SambaTarget['edit'];
  readonly readPassword: string;
}

/** The rights that a plan needs or foretells, taken away one at a time. */
export function scopesOf({ grant, usual, sids, edit, readPassword }: Rights): readonly Change[] {
  const revert = () => grant([usual]);
  const hidden = Object.entries(ATTRIBUTES).map(([name, on]) => ({
    name: `read ${name}`,
    apply: () => grant([{ isAllow: false, mask: RIGHT.readProperty, on, sid: sids.read }, usual]),
    revert,
  }));
  return [
    ...hidden,
    { name: 'write userAccountControl', apply: () => grant([]), revert },
    {
      name: 'write userAccountControl, denied on top',
      apply: () => grant([{ ...usual, isAllow: false, mask: RIGHT.writeProperty }, usual]),
      revert,
    },
    {
      name: 'the bind',
      // Twice: the password before the last one is let in for an hour.
      async apply() {
        for (const password of ['Canary-Another-1', 'Canary-Another-2'])
          await edit('replace', READ_DN, 'unicodePwd', [asUnicodePwd(password)]);
      },
      revert: () => edit('replace', READ_DN, 'unicodePwd', [asUnicodePwd(readPassword)]),
    },
  ];
}

/** What neither account may do. */
export function forbiddenOf(
  bindAs: (dn: string, password: string) => Promise<Client>,
  passwords: Passwords,
  /** What the write account is there for. */
  may: 'disable an account' | 'write members of the group' | 'reset a password',
): ConformanceTarget['forbidden'] {
  const replace = (type: string, values: readonly (string | Buffer)[]) =>
    new LdapChange({ operation: 'replace', modification: new Attribute({ type, values: values as string[] }) });
  const attempts: readonly { readonly name: string; readonly run: (client: Client) => Promise<unknown> }[] = [
    {
      name: 'reset a password',
      run: client => client.modify(VICTIM_DN, replace('unicodePwd', [asUnicodePwd('Canary-Other-1')])),
    },
    { name: 'write another attribute', run: client => client.modify(VICTIM_DN, replace('description', ['x'])) },
    { name: 'write members of the group', run: client => client.modify(STAFF, replace('member', [])) },
    {
      name: 'disable an account',
      run: client => client.modify(VICTIM_DN, replace('userAccountControl', ['514'])),
    },
    {
      name: 'write members of another group',
      run: client => client.modify(ADMINS, replace('member', [VICTIM_DN])),
    },
    { name: 'delete an account', run: client => client.del(VICTIM_DN) },
    { name: 'rename an account', run: client => client.modifyDN(VICTIM_DN, 'CN=x') },
    {
      name: 'add an account',
      run: client => client.add(`CN=new,${PEOPLE}`, { objectClass: ['user'], sAMAccountName: ['new'] }),
    },
    {
      name: 'disable its own identities',
      run: client => client.modify(WRITE_DN, replace('userAccountControl', ['514'])),
    },
    {
      name: 'disable the built-in administrator',
      run: client => client.modify(`CN=Administrator,CN=Users,${BASE}`, replace('userAccountControl', ['66050'])),
    },
    {
      name: 'change an access list',
      run: async client => await writeDacl(client, VICTIM_DN, await readDacl(client, VICTIM_DN)),
    },
  ];
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
    ...attempts.map(attempt => forbidden('read', attempt)),
    ...attempts.filter(({ name }) => name !== may).map(attempt => forbidden('write', attempt)),
  ];
}
