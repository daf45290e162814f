import { digestOf } from '../../base/canonical.ts';
import type { Fault } from './fault.ts';
import type { Leaf } from './leaf.ts';

interface Sealed {
  readonly seal: string;
  isOver: boolean;
  isDrill: boolean;
  isBegun: boolean;
}

const keyOf = ({ proposal, revision }: { readonly proposal: string; readonly revision: string }) =>
  `${proposal}/${revision}`;
const fault = (code: string, detail: string): Fault => ({ code, detail });

/**
 * That what is called a drill was one from the beginning, was never begun, and was called so only once it was over; and
 * that nothing is begun that was not sealed, from the first seal of a log on. No act can be called a drill afterwards: its
 * seal is of another opening.
 */
export class SealRules {
  readonly #sealed = new Map<string, Sealed>();
  /** Revisions that were made after the first seal, and so have to have one. */
  readonly #owed = new Set<string>();
  #drills = 0;

  /** How many drills were opened. */
  get drills(): number {
    return this.#drills;
  }

  revised(leaf: Leaf<'proposal.revised'>): void {
    if (this.#sealed.size > 0) this.#owed.add(keyOf(leaf));
    // What an edit replaces is over.
    const before = this.#sealed.get(keyOf({ ...leaf, revision: String(Number(leaf.revision) - 1) }));
    if (before !== undefined) before.isOver = true;
  }

  sealed(leaf: Leaf<'proposal.sealed'>, isKnown: boolean): Fault | undefined {
    if (!isKnown) return fault('seal.unknown_revision', `${keyOf(leaf)} was sealed before it was proposed`);
    if (this.#sealed.has(keyOf(leaf))) return fault('seal.again', `${keyOf(leaf)} was sealed before`);
    this.#sealed.set(keyOf(leaf), { seal: leaf.seal, isOver: false, isDrill: false, isBegun: false });
    return undefined;
  }

  /** It was decided, withdrawn or expired. */
  over(leaf: { readonly proposal: string; readonly revision: string }): void {
    const sealed = this.#sealed.get(keyOf(leaf));
    if (sealed !== undefined) sealed.isOver = true;
  }

  opened({ opening }: Leaf<'drill.opened'>, installation: string | undefined): Fault | undefined {
    const key = keyOf(opening);
    const sealed = this.#sealed.get(key);
    if (opening.installation !== installation) return fault('drill.foreign', `${key} is of another installation`);
    if (opening.is !== 'drill' || opening.fault === '') return fault('drill.no_drill', `${key} opens as no drill`);
    if (sealed === undefined) return fault('drill.never_sealed', `${key} was not sealed when it was proposed`);
    if (digestOf('countersign/seal/v1', opening) !== sealed.seal)
      return fault('drill.other_seal', `${key} was not sealed as this drill: it is called one afterwards`);
    if (sealed.isDrill) return fault('drill.again', `${key} was opened before`);
    sealed.isDrill = true;
    this.#drills += 1;
    if (sealed.isBegun) return fault('drill.begun', `${key} was carried out, and is called a drill`);
    return sealed.isOver ? undefined : fault('drill.early', `${key} was opened while it was still undecided`);
  }

  intended(leaf: Leaf<'execution.intended'>): Fault | undefined {
    const key = keyOf(leaf);
    const sealed = this.#sealed.get(key);
    if (sealed === undefined)
      return this.#owed.has(key)
        ? fault('execution.unsealed', `${leaf.execution} is of what was never sealed`)
        : undefined;
    sealed.isBegun = true;
    return sealed.isDrill ? fault('execution.drill', `${leaf.execution} carries out a drill`) : undefined;
  }
}
