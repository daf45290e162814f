import { MS_PER_DAY, parseTime } from '../../base/time.ts';
import { type Fault, isInTime } from './fault.ts';
import type { Leaf } from './leaf.ts';
import type { People } from './people.ts';

/** No delegation lasts longer. */
const DELEGATION_MS_MAX = 14 * MS_PER_DAY;
/** Who may stand in for somebody: whoever reviews acts of two people by themselves. */
const STANDS_IN = ['responder', 'owner'] as const;

const fault = (code: string, detail: string): Fault => ({ code, detail });

/** What is wrong with delegations and their endings, by the entries alone. That each is signed is asked elsewhere. */
export class DelegationRules {
  readonly #people: People;
  readonly #made = new Map<string, Leaf<'delegation.made'>['statement']>();

  constructor(people: People) {
    this.#people = people;
  }

  made({ statement, at }: Leaf<'delegation.made'>): Fault | undefined {
    const { delegation, from, to } = statement;
    if (statement.installation !== this.#people.installation)
      return fault('delegation.foreign', `${delegation} is of another installation`);
    if (this.#made.has(delegation)) return fault('delegation.again', `${delegation} stands in an earlier entry, too`);
    this.#made.set(delegation, statement);
    const [since, until] = [parseTime(statement.since), parseTime(statement.until)];
    const isSpan = since !== undefined && until !== undefined && since < until && until - since <= DELEGATION_MS_MAX;
    if (!isSpan || !isInTime(at, statement.until))
      return fault('delegation.bad_span', `${delegation} is for no time, for too long, or was over when it was given`);
    if (from === to || !this.#people.hasRole(to, ...STANDS_IN))
      return fault('delegation.not_eligible', `${delegation} is for ${to}, who may not stand in for ${from}`);
    return undefined;
  }

  ended({ delegation, by }: Leaf<'delegation.ended'>): Fault | undefined {
    const statement = this.#made.get(delegation);
    if (statement === undefined) return fault('delegation.unknown', `${delegation} was ended and never given`);
    const mayEnd = by === statement.from || by === statement.to || this.#people.hasRole(by, 'administrator');
    return mayEnd ? undefined : fault('delegation.ended_by_other', `${delegation} was ended by ${by}, who may not`);
  }
}
