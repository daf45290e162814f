import type { Tier, TierReason } from '../../model/proposal.ts';
import type { Slot } from '../../model/quorum.ts';
import { SLOT_TEXT } from '../../model/quorum.ts';
import type { Person } from '../../model/review.ts';
import type { Block, BlockReason } from '../../model/waiting.ts';

export interface BlockFacts {
  readonly tier: Tier;
  readonly reasons: readonly TierReason[];
  readonly slots: readonly { readonly slot: Slot; readonly filledBy: Person['id'] | undefined }[];
  /** People who may fill an open seat: no contributors where those do not count, nobody who signed, no subject. */
  readonly peopleLeft: number;
  readonly hasPolicyChanged: boolean;
  readonly requiredGaps: number;
  /** Things that reviewers asked for and nobody has settled. They keep nobody from signing; whoever signs knows of them. */
  readonly openTasks: number;
  /** Undefined where nobody in particular is looking. */
  readonly mine:
    | {
        readonly seat: 'can_review' | 'contributor' | 'subject' | 'reviewed' | 'not_eligible' | 'no_seat' | 'none';
        readonly hasOpenedEvidence: boolean;
        /** Of the open tasks, those that are this person's. */
        readonly openTasks: number;
      }
    | undefined;
}

/** Everything that blocks it, what nobody can get past first. It only says earlier what the tally and the server decide. */
export function blocksOf(facts: BlockFacts): readonly Block[] {
  const found: Block[] = [];
  const add = (reason: BlockReason, text: string, isMine = false) => found.push({ reason, text, isMine });
  if (facts.hasPolicyChanged) add('policy_changed', 'the policy changed: it has to be proposed again');
  addSeats(facts, add);
  if (facts.reasons.includes('target_class_unknown'))
    add('inventory', 'waiting for inventory: its target is in no signed one');
  if (facts.openTasks > 0)
    add(
      'task',
      `waits for ${facts.openTasks === 1 ? 'evidence' : `evidence, ${facts.openTasks} times`} that a reviewer asked for`,
    );
  const { mine } = facts;
  if (mine === undefined) return found;
  if (mine.openTasks > 0) add('your_task', 'you were asked for evidence', true);
  if (mine.seat === 'none') return found;
  if (mine.seat === 'subject') add('you_are_subject', 'you are the subject', true);
  if (mine.seat === 'contributor') add('you_contributed', 'you contributed', true);
  if (mine.seat === 'reviewed') add('you_reviewed', 'you have reviewed it', true);
  if (mine.seat === 'not_eligible') add('not_your_role', `your roles do not review ${facts.tier}`, true);
  if (mine.seat === 'no_seat') add('no_seat_for_you', 'the open seat is somebody else’s', true);
  if (mine.seat !== 'can_review') return found;
  if (facts.tier !== 'T1' && !mine.hasOpenedEvidence) add('evidence_unopened', 'evidence not opened', true);
  if (facts.requiredGaps > 0)
    add(
      'gaps',
      `${facts.requiredGaps} missing ${facts.requiredGaps === 1 ? 'stream' : 'streams'} to acknowledge`,
      true,
    );
  return found;
}

function addSeats(facts: BlockFacts, add: (reason: BlockReason, text: string) => void): void {
  const open = facts.slots.filter(slot => slot.filledBy === undefined);
  if (open.length === 0) return;
  if (facts.peopleLeft < open.length)
    add(
      'nobody_left',
      `${facts.peopleLeft === 0 ? 'nobody' : `only ${facts.peopleLeft}`} here may fill the ${open.length === 1 ? 'open seat' : `${open.length} open seats`}`,
    );
  const isBegun = open.length < facts.slots.length;
  const named = open.find(({ slot }) => slot.endsWith('_owner'))?.slot;
  if (named !== undefined)
    add('owner', `needs ${SLOT_TEXT[named].toLowerCase()}${open.length > 1 ? ', and a responder' : ''}`);
  if (named !== undefined) return;
  if (isBegun)
    add(
      'second_person',
      `needs a second person who is no contributor${open[0]?.slot === 'responder' ? ', a responder' : ''}`,
    );
  else if (facts.tier === 'T3') add('second_person', 'needs two people who are no contributors, one a responder');
  else if (facts.tier === 'T2') add('responder', 'needs a responder who is no contributor');
  else add('one_person', 'needs one person');
}
