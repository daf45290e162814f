import type { EntityRole } from '../../model/alert.ts';
import { type At, textAt } from '../shared/at.ts';
import type { Draft } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { machineKindOf } from '../shared/machine.ts';
import type { Accounts } from './meaning.ts';
import type { WindowsEvent } from './shape.ts';

interface Account {
  readonly name: At | undefined;
  readonly domain: At | undefined;
  readonly sid: At | undefined;
}

/** Nobody: the null SID (MS-DTYP 2.4.2.4). */
const NULL_SID = 'S-1-0-0';

function sidOf(account: Account): string | undefined {
  const sid = textAt(account.sid);
  return sid !== undefined && /^S-1-\d/.test(sid) && sid !== NULL_SID ? sid : undefined;
}

function accountOf(event: WindowsEvent, prefix: 'Subject' | 'Target'): Account {
  const sid = event.data(`${prefix}UserSid`) ?? (prefix === 'Target' ? event.data('TargetSid') : undefined);
  return { name: event.data(`${prefix}UserName`), domain: event.data(`${prefix}DomainName`), sid };
}

/** Puts an account once, by its name with its domain, or by its SID where it has no name. */
function putAccount(draft: Draft, role: EntityRole, account: Account): void {
  const sid = sidOf(account);
  const name = textAt(account.name);
  const label = name ?? sid;
  if (label === undefined || /^null sid$/i.test(label)) return;
  if (name === undefined) putIdentity(draft, role, account.sid, { vendorId: sid });
  else putIdentity(draft, role, account.name, { domain: textAt(account.domain), vendorId: sid });
}

/** Logons that the computer makes on somebody's behalf: started by the system, as a batch job, as a service. */
const BY_COMPUTER = new Set(['0', '4', '5']);

/**
 * Who acted in a logon. The subject is who asked for it: of an interactive or a network logon the computer itself or
 * nobody, and then whoever logs on acts; a person who logs on as another (runas) acts as the subject.
 */
function putLogon(draft: Draft, event: WindowsEvent): void {
  const subject = accountOf(event, 'Subject');
  const target = accountOf(event, 'Target');
  const name = textAt(subject.name);
  const isPerson =
    name !== undefined && machineKindOf(name) === undefined && machineKindOf(sidOf(subject) ?? '') === undefined;
  const acts =
    name !== undefined &&
    (isPerson
      ? name.toLowerCase() !== textAt(target.name)?.toLowerCase()
      : BY_COMPUTER.has(textAt(event.data('LogonType')) ?? ''));
  putAccount(draft, acts ? 'actor' : 'related', subject);
  putAccount(draft, acts ? 'target' : 'actor', target);
}

/** The accounts of an event in their roles, as {@link Accounts} says. */
export function putAccounts(draft: Draft, event: WindowsEvent, accounts: Accounts | undefined): void {
  switch (accounts) {
    case 'logon':
      putLogon(draft, event);
      return;
    case 'target':
      putAccount(draft, 'actor', accountOf(event, 'Target'));
      return;
    case 'user':
      putUser(draft, event, 'User', 'actor');
      putUser(draft, event, 'SourceUser', 'actor');
      putUser(draft, event, 'TargetUser', 'target');
      return;
    case 'named':
      putAccount(draft, 'actor', {
        name: event.data('AccountName'),
        domain: event.data('AccountDomain'),
        sid: undefined,
      });
      for (const key of ['UserName', 'UserContext', 'Detection User', 'User']) putUser(draft, event, key, 'actor');
      return;
    case 'writer':
      // Where the event's own data names the account, the writer is the same by its SID.
      if (draft.fields.user === undefined) putAccount(draft, 'actor', event.writer);
      return;
    case 'on_member':
      putAccount(draft, 'actor', accountOf(event, 'Subject'));
      putAccount(draft, 'target', { name: event.data('MemberName'), domain: undefined, sid: event.data('MemberSid') });
      return;
    case 'subject':
      putAccount(draft, 'actor', accountOf(event, 'Subject'));
      return;
    default:
      putAccount(draft, 'actor', accountOf(event, 'Subject'));
      putAccount(draft, accounts === 'on_target' ? 'target' : 'related', accountOf(event, 'Target'));
  }
}

/** `DOMAIN\name` in one field. */
function putUser(draft: Draft, event: WindowsEvent, key: string, role: EntityRole): void {
  putAccount(draft, role, { name: event.data(key), domain: undefined, sid: undefined });
}
