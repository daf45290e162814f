import type { Client } from 'ldapts';
import type { Precondition } from '../../model/proposal.ts';
import type { Plan, PlanRequest } from '../../ports/responder.ts';
import { shownText } from '../shared/wire-text.ts';
import type { ObjectRight } from './access-list.ts';
import type { GroupReading } from './group.ts';
import { type AccountReading, setText } from './read.ts';

/** What was read for an act. */
export interface Situation {
  readonly account: AccountReading;
  /** The group that the system is set up for; undefined where the operation is about none. */
  readonly group: GroupReading | undefined;
}

type Texts = { readonly [name: string]: string };

/** What one pair of operations does with a situation: what the plan says, and the one write. */
export interface Work {
  readonly isAboutGroup: boolean;
  /** What the write login needs, where it must stand, and how people read that. */
  right(now: Situation): { readonly descriptor: Buffer; readonly right: ObjectRight; readonly text: string };
  params(now: Situation): Texts;
  preconditions(operation: string, now: Situation): readonly Precondition[];
  changes(operation: string, now: Situation): Plan['changes'];
  direct(operation: string, now: Situation): string;
  readonly sideEffects: readonly string[];
  readonly unknown: readonly string[];
  refusals(request: PlanRequest, now: Situation): Plan['refusals'];
  /** Why this can be no plan of ours; undefined where it can. */
  unfit(plan: Plan): string | undefined;
  /** The one modify. The server makes it only while what it takes away, or puts there, is as it was planned. */
  write(client: Client, plan: Plan, now: Situation): Promise<void>;
  /** Result codes by which the server says that it was not. */
  readonly driftCodes: readonly number[];
  /** Moves with the write. */
  version(now: Situation): string;
  before(now: Situation, versionAfter: string | undefined): Texts;
}

/** What every act rests on. Nothing that the account may change of itself: whoever took it over must not be able to hold an act up. */
export function lastingPreconditions({ account }: Situation): readonly Precondition[] {
  return [
    { path: 'account.groups', value: setText(account.groups) },
    { path: 'account.name', value: shownText(account.name) },
    { path: 'account.objectClasses', value: account.objectClasses.join(' ') },
    { path: 'account.place', value: shownText(account.dn) },
    { path: 'account.sid', value: account.sid },
  ];
}
