import type { Client } from 'ldapts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Precondition } from '../../model/proposal.ts';
import type { Plan, PlanRequest, ResponderContext, SystemConfig, TargetFacts } from '../../ports/responder.ts';
import {
  ASSERTION_OID,
  LOCKED_FOR_GOOD,
  readFailure,
  readSupportedControls,
  sameDn,
  withBind,
} from '../shared/ldap/ldap-directory.ts';
import { sealPlan } from '../shared/seal.ts';
import { shownText } from '../shared/wire-text.ts';
import { type LdapSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { type AccountReading, findAccount, findDependents, findGroups, readPrivilegedGroups, setText } from './read.ts';

type Refusals = Plan['refusals'];

interface Reading {
  readonly account: AccountReading;
  /** Undefined: too many to tell. */
  readonly groups: readonly string[] | undefined;
  readonly dependents: readonly string[] | undefined;
  readonly facts: TargetFacts;
  readonly missingScopes: readonly string[];
}

/** Looks at an account with the read credential and says what the operation would do to it. Changes nothing. */
export async function planAccount(
  request: PlanRequest,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Plan, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const operation = operationNamed(request.operation);
  if (operation === undefined) {
    return fail(
      failureOf('proposal.not_expressible', `ldap-account: there is no operation ${shownText(request.operation)}`),
    );
  }
  const secret = await context.readCredential();
  try {
    return await withBind(settings.value, settings.value.readDn, secret, context.timeoutMs, async client => {
      const found = await findAccount(client, settings.value, request.target);
      if (!found.ok) return found;
      const reading = await readAll(client, settings.value, found.value);
      return ok(describe(request, operation.version, system.system, reading));
    });
  } catch (error) {
    return fail(readFailure('ldap-account', error, [secret]));
  }
}

async function readAll(client: Client, settings: LdapSettings, account: AccountReading): Promise<Reading> {
  const groups = await findGroups(client, settings, account);
  const privilegedGroups = await readPrivilegedGroups(client, settings);
  const unreadable = [...privilegedGroups].flatMap(([dn, members]) => (members === undefined ? [dn] : []));
  const isKnown = groups !== undefined && privilegedGroups.size > 0 && unreadable.length === 0;
  const own = [...privilegedGroups].filter(([dn]) => groups?.some(group => sameDn(group, dn)) === true);
  const others = own
    .flatMap(([, members]) => members ?? [])
    .filter(member => !sameDn(member, account.dn) && member !== account.name);
  const controls = await readSupportedControls(client);
  const missingScopes = [
    ...(controls.includes(ASSERTION_OID)
      ? []
      : ['The server does not offer the assertion control (RFC 4528), so a change could overwrite another.']),
    ...unreadable.map(dn => shownText(`The members of ${dn} cannot be read.`)),
  ];
  return {
    account,
    groups,
    dependents: await findDependents(client, settings, account),
    missingScopes,
    facts: {
      displayName: shownText(account.name),
      isPrivileged: isKnown ? (own.length > 0 ? 'yes' : 'no') : 'unknown',
      isMachine: account.objectClasses.some(name => MACHINE_CLASSES.has(name)) ? 'yes' : 'unknown',
      isLastAdministrator: isKnown && own.length > 0 && others.length === 0,
      isOwnIdentity: [settings.readDn, settings.writeDn].some(own => sameDn(own, account.dn)),
    },
  };
}

/** What no person is. A class that people have too says nothing. */
const MACHINE_CLASSES = new Set(['applicationprocess', 'device', 'computer', 'iphost']);

/**
 * What a lock and an undo rest on. Nothing that the account may change of itself is among the first: not its password, and
 * not its entryCSN, which changes with it. Whoever took it over must not be able to hold up the lock.
 */
export function preconditionsOf(
  operation: string,
  account: AccountReading,
  groups: readonly string[] | undefined,
): readonly Precondition[] {
  const lasting = [
    { path: 'account.groups', value: setText(groups) },
    { path: 'account.isLocked', value: String(account.lockedTime === LOCKED_FOR_GOOD) },
    { path: 'account.name', value: shownText(account.name) },
    { path: 'account.objectClasses', value: account.objectClasses.join(' ') },
    { path: 'account.place', value: shownText(account.dn) },
  ];
  return operation === 'unlock' ? [...lasting, { path: 'account.version', value: account.version }] : lasting;
}

/** What this directory cannot tell. Shown with every plan, whatever was found. */
const UNKNOWN = [
  'Connections that are bound as the account now. slapd ends none: unless its access rules shut out locked accounts, they go on.',
  'Applications that keep sessions or tokens of their own after a login.',
  'Applications that compare passwords themselves, or log in by other means than a bind.',
] as const;

function describe(request: PlanRequest, operationVersion: string, system: string, reading: Reading): Plan {
  const { account } = reading;
  const isLock = request.operation === 'lock';
  return sealPlan({
    operation: request.operation,
    operationVersion,
    target: { type: 'ldap_account', system, immutableId: account.entryUuid },
    facts: reading.facts,
    params: {},
    preconditions: preconditionsOf(request.operation, account, reading.groups),
    changes: [
      {
        path: 'account.pwdAccountLockedTime',
        from: account.lockedTime === '' ? 'not set' : account.lockedTime,
        to: isLock ? LOCKED_FOR_GOOD : lockedTimeToRestore(request.before) || 'not set',
      },
    ],
    blast: {
      direct: [
        `Every new bind as ${shownText(account.dn)} ${isLock ? 'is refused' : 'is possible again with its password'}.`,
      ],
      dependents: dependentTexts(reading),
      unknown: UNKNOWN,
    },
    sideEffects: [],
    refusals: [...refusalsOfTarget(reading), ...refusalsOfState(request, account)],
    // The no-op control needs the right to write, which the read credential must not have. So it is run as the last
    // check of the execution, and what stands here is foretold.
    dryRun: 'predicted',
  });
}

function dependentTexts(reading: Reading): readonly string[] {
  const groups = reading.groups?.map(dn => shownText(`member of ${dn}`)) ?? [
    'member of more groups than can be listed',
  ];
  const others = reading.dependents?.map(dn => shownText(`named as manager, owner or secretary by ${dn}`)) ?? [
    'named as manager, owner or secretary by more entries than can be listed',
  ];
  return [...groups, ...others];
}

function refusalsOfTarget({ facts, missingScopes }: Reading): Refusals {
  const refusals: Refusals[number][] = [];
  if (facts.isOwnIdentity) {
    refusals.push({ reason: 'own_identity', text: 'Countersign itself binds as this account.' });
  }
  if (facts.isLastAdministrator) {
    refusals.push({ reason: 'last_administrator', text: 'It is the last member of its privileged groups.' });
  }
  return [...refusals, ...missingScopes.map(text => ({ reason: 'missing_scope' as const, text }))];
}

function refusalsOfState(request: PlanRequest, account: AccountReading): Refusals {
  const isLocked = account.lockedTime === LOCKED_FOR_GOOD;
  if (request.operation === 'lock') {
    return isLocked ? [{ reason: 'already_in_effect', text: 'The account is locked by an administrator now.' }] : [];
  }
  const { before } = request;
  if (before === undefined || before['account.isLocked'] !== 'false') {
    return [{ reason: 'nothing_to_undo', text: 'There is no lock of Countersign that this would undo.' }];
  }
  if (!isLocked || before['account.versionAfter'] !== account.version) {
    return [
      { reason: 'changed_since', text: 'Somebody changed the account after it was locked. Look at it there first.' },
    ];
  }
  return [];
}

/** The lock after failed binds that our lock replaced; empty where there was none, and for anything else. */
export function lockedTimeToRestore(before: PlanRequest['before']): string {
  const time = before?.['account.lockedTime'] ?? '';
  return time !== LOCKED_FOR_GOOD && /^\d{10,14}(\.\d{1,6})?Z$/.test(time) ? time : '';
}
