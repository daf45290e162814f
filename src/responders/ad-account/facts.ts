import type { Client } from 'ldapts';
import type { Plan, TargetFacts } from '../../ports/responder.ts';
import { shownText } from '../shared/wire-text.ts';
import { ridOf } from './binary.ts';
import type { AdSettings } from './config.ts';
import {
  type AccountReading,
  ADMINISTRATORS_SID,
  FLAG,
  hasOtherAdministrator,
  type OwnLogin,
  readOwnLogin,
} from './read.ts';

/** What the plan says of an account, and what could not be read for it. */
export interface FactsReading {
  readonly facts: TargetFacts;
  /** Undefined: our write login cannot be read. */
  readonly writer: OwnLogin | undefined;
  readonly missingScopes: readonly string[];
}

export async function readFacts(client: Client, settings: AdSettings, account: AccountReading): Promise<FactsReading> {
  const reader = await readOwnLogin(client, settings.readDn);
  const writer = await readOwnLogin(client, settings.writeDn);
  const isAdministrator = account.groups.includes(ADMINISTRATORS_SID);
  const others = isAdministrator ? await hasOtherAdministrator(client, settings, account) : true;
  return {
    writer,
    missingScopes: [
      ...(reader && writer ? [] : ['Which accounts Countersign itself uses there cannot be read.']),
      ...(others === undefined ? ['Who else administers the domain cannot be read.'] : []),
    ],
    facts: {
      displayName: shownText(account.name),
      isPrivileged: isPrivileged(account) ? 'yes' : 'no',
      isMachine: isComputer(account) || account.hasServices ? 'yes' : 'unknown',
      isLastAdministrator: isAdministrator && others !== true,
      isOwnIdentity: [reader, writer].some(own => own?.guid === account.guid),
    },
  };
}

/** Groups whose members administer the domain, or may come to: built in, and by the last part of their SID in each domain. */
const PRIVILEGED_BUILT_IN = new Set([ADMINISTRATORS_SID, ...[548, 549, 550, 551].map(rid => `S-1-5-32-${rid}`)]);
const PRIVILEGED_RIDS = new Set([512, 516, 518, 519, 520, 521, 526, 527]);

function isPrivileged({ groups, isGuarded }: AccountReading): boolean {
  return (
    isGuarded ||
    groups.some(
      sid => PRIVILEGED_BUILT_IN.has(sid) || (sid.startsWith('S-1-5-21-') && PRIVILEGED_RIDS.has(ridOf(sid) ?? 0)),
    )
  );
}

const MACHINE_FLAGS = FLAG.workstation | FLAG.server | FLAG.interdomainTrust;

/** A computer, a service account that the domain manages, or a trust: none is for this responder. */
function isComputer({ objectClasses, control }: AccountReading): boolean {
  return objectClasses.includes('computer') || (control & MACHINE_FLAGS) !== 0;
}

const BUILT_IN_ADMINISTRATOR = 500;
const KRBTGT = 502;

/** Why this account is never acted on, whoever asks; undefined where it may be. */
export function outOfReach(account: AccountReading): string | undefined {
  if (isComputer(account)) return 'Computers, managed service accounts and trusts are out of reach of Countersign.';
  const rid = account.sid.startsWith('S-1-5-21-') ? ridOf(account.sid) : undefined;
  if (rid === BUILT_IN_ADMINISTRATOR) return 'The built-in administrator of a domain is out of reach of Countersign.';
  if (rid === KRBTGT) return 'Every ticket of the domain rests on krbtgt: it is out of reach of Countersign.';
  return undefined;
}

/** Why nothing may be done to this account, whatever it is. */
export function refusalsOfTarget(account: AccountReading, { facts, missingScopes }: FactsReading): Plan['refusals'] {
  const never = outOfReach(account);
  return [
    ...(never === undefined ? [] : [{ reason: 'not_expressible' as const, text: never }]),
    ...(facts.isOwnIdentity
      ? [{ reason: 'own_identity' as const, text: 'Countersign itself logs in as this account.' }]
      : []),
    ...(facts.isLastAdministrator
      ? [{ reason: 'last_administrator' as const, text: 'No other account that is enabled administers the domain.' }]
      : []),
    ...missingScopes.map(text => ({ reason: 'missing_scope' as const, text })),
  ];
}
