import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { vi } from 'vitest';
import { withdrawProposal } from '../../src/app/proposals/review.ts';
import { MS_PER_HOUR, MS_PER_MINUTE } from '../../src/base/time.ts';
import { type authorise, loadPolicies, type PolicySet } from '../../src/core/decide/authorise.ts';
import type { coolingOf } from '../../src/core/decide/cooling.ts';
import type { directoryOf } from '../../src/core/decide/directory.ts';
import { BUILT_IN_POLICIES, SCHEMA } from '../../src/core/decide/policy.ts';
import type { subjectsOf } from '../../src/core/decide/subject.ts';
import type { HeardReview, tally } from '../../src/core/decide/tally.ts';
import type { InventoryRecord } from '../../src/model/inventory.ts';
import type { Person, Verdict } from '../../src/model/review.ts';
import {
  type Installation,
  invite,
  KNOWN_RECORDS,
  type Member,
  must,
  signInventory,
  startTeam,
} from '../harness/installation.ts';
import {
  execute,
  failedChecks,
  intentFor,
  know,
  propose,
  review,
  revise,
  signIntent,
  storeReview,
  studyFor,
  tryPropose,
  tryReview,
} from '../harness/proposals.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/core/decide/authorise.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/authorise.ts')>(),
    'authorise',
  ),
);
vi.mock('../../src/core/decide/tally.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tally.ts')>(), 'tally'),
);
vi.mock('../../src/core/decide/subject.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/subject.ts')>(),
    'subjectsOf',
  ),
);
vi.mock('../../src/core/decide/directory.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/directory.ts')>(),
    'directoryOf',
  ),
);

vi.mock('../../src/core/decide/cooling.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/cooling.ts')>(),
    'coolingOf',
  ),
);

/** A valid signature that reached the table without any rule of the server being asked. */
async function slip(world: Installation, by: Member, proposal: string, verdict: Verdict = 'approve'): Promise<void> {
  const intent = await intentFor(world, proposal, by.person.id, { verdict });
  await storeReview(world, intent, signIntent(by, intent));
}

attack({
  id: 'SOD-01',
  attack: 'whoever edited a proposal approves it, past the server’s own check',
  control: 'the rule that no contributor reviews',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const study = await studyFor(world, { otherOperations: ['lock'] });
    const proposal = await propose(world, rosa, study);
    must(await revise(world, sam, study, proposal, 'opt_lock'));
    const asked = await tryReview(world, sam, proposal);
    await slip(world, sam, proposal);
    const outcome = await execute(world, proposal);
    const [notCounted] = (await know(world, proposal)).tally.notCounted;
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, outcome.kind, notCounted?.because ?? 'counted']);
  },
  without: () =>
    takeOut<typeof authorise>('authorise', (actual, set, principal, action, context) =>
      actual(set, principal, action, { ...context, isContributor: false }),
    ),
});

/** A policy set as somebody would make it who goes round the loader: everything of ours, and a permit for machines. */
function misconfigured(builtIn: Readonly<Record<string, string>>): PolicySet {
  const digest = `misconfigured-${Object.keys(builtIn).length}`;
  const robots = `permit (principal is Machine, action in [Action::"review_t1", Action::"review_t2", Action::"review_t3",
    Action::"break_glass", Action::"change_policy"], resource);`;
  must(loadPolicies({}));
  const parsed = cedar.preparsePolicySet(digest, { staticPolicies: { ...builtIn, robots } });
  if (parsed.type === 'failure') throw new Error(JSON.stringify(parsed.errors));
  const schema = cedar.preparseSchema('countersign', SCHEMA);
  if (schema.type === 'failure') throw new Error(JSON.stringify(schema.errors));
  return { digest, policies: builtIn, floors: [] };
}

const foreigners: Person[] = [];
let builtIn: Readonly<Record<string, string>> = BUILT_IN_POLICIES;

attack({
  id: 'SOD-02',
  attack: 'an installation is configured to let machines review and break glass, and one does',
  control: 'the built-in forbid for machines',
  async run() {
    const { authorise } = await import('../../src/core/decide/authorise.ts');
    const set = misconfigured(builtIn);
    builtIn = BUILT_IN_POLICIES;
    const allowed = (['ai', 'ingest', 'operator_cli', 'executor'] as const).flatMap(purpose =>
      (['review_t1', 'review_t2', 'review_t3', 'break_glass', 'change_policy'] as const).filter(
        action =>
          authorise(set, { kind: 'machine', id: purpose, purpose }, action, {
            isContributor: false,
            signedWith: 'passkey',
          }).isAllowed,
      ),
    );
    const refused = loadPolicies({ robots: 'permit (principal is Machine, action, resource);' });
    return {
      succeeded: allowed.length > 0,
      seen: `${allowed.length} of 20 decisions open to machines; such a permit ${refused.ok ? 'loads' : 'does not load'}`,
    };
  },
  without: () => {
    const { 'no-machine-decides': _, ...rest } = BUILT_IN_POLICIES;
    builtIn = rest;
  },
});

attack({
  id: 'SOD-03',
  attack: 'one person who holds two roles signs twice, for both seats of a two-person act',
  control: 'one seat for one person',
  async run(start) {
    const world = await start();
    const { admin, rosa } = await startTeam(world);
    const both = await invite(world, admin, 'Bo Both', ['owner', 'responder']);
    const proposal = await propose(world, rosa, { targetName: 'svc_ci' });
    await review(world, both, proposal);
    const again = await tryReview(world, both, proposal);
    await slip(world, both, proposal);
    const outcome = await execute(world, proposal);
    const { slots } = (await know(world, proposal)).tally;
    const filled = slots.filter(slot => slot.filledBy !== undefined).length;
    return outcomeOf(world, [again.ok ? 'taken' : again.failure.code, `${filled} of 2`, outcome.kind]);
  },
  without: () =>
    takeOut<typeof tally>('tally', (actual, question, reviews, people, policy) => {
      // Seats by signature rather than by person: the second one counts as somebody else's.
      const seen = new Set<string>();
      const known = new Map(people);
      const counted = reviews.map((heard): HeardReview => {
        const { reviewer } = heard.review.intent;
        if (!seen.has(reviewer)) {
          seen.add(reviewer);
          return heard;
        }
        const other: Person['id'] = `${reviewer}2`;
        const person = people.get(reviewer);
        if (person !== undefined) known.set(other, { ...person, id: other });
        return { ...heard, review: { ...heard.review, intent: { ...heard.review.intent, reviewer: other } } };
      });
      return actual(question, counted, known, policy);
    }),
});

/** The tally, deaf to everybody who says no. */
function withoutNo(): void {
  takeOut<typeof tally>('tally', (actual, question, reviews, people, policy) =>
    actual(
      question,
      reviews.filter(({ review: { intent } }) => intent.verdict === 'approve'),
      people,
      policy,
    ),
  );
}

attack({
  id: 'SOD-04',
  attack: 'one person rejects, and another one’s approval arrives after it',
  control: 'the rule that one reject blocks for good',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, rosa, proposal, { verdict: 'reject' });
    const asked = await tryReview(world, sam, proposal);
    if (!asked.ok) await slip(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [
      asked.ok ? 'taken' : asked.failure.code,
      (await know(world, proposal)).state,
      outcome.kind,
    ]);
  },
  without: withoutNo,
});

attack({
  id: 'SOD-04',
  attack: 'an act is approved and then revoked, before it has started',
  control: 'the rule that a revoke stops what has not started',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await review(world, rosa, proposal, { verdict: 'revoke' });
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [(await know(world, proposal)).state, outcome.kind]);
  },
  without: withoutNo,
});

attack({
  id: 'SOD-06',
  attack: 'the owner of the database makes an analyst a responder, who then approves',
  control: 'reading roles from the signed invitation and not from the table',
  async run(start) {
    const world = await start();
    const { admin, rosa } = await startTeam(world);
    const nina = await invite(world, admin, 'Nina Analyst', ['analyst']);
    await world.database.ownerPool.query(`UPDATE enrolment SET roles = '{responder}' WHERE person_id = $1`, [
      nina.person.id,
    ]);
    const proposal = await propose(world, rosa);
    const asked = await tryReview(world, nina, proposal);
    await slip(world, nina, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, outcome.kind]);
  },
  without: () =>
    takeOut<typeof directoryOf>('directoryOf', async (actual, genesis, invitations, enrolments, verify, known) => {
      const directory = await actual(genesis, invitations, enrolments, verify, known);
      // What the table says: everybody in it is a responder.
      const people = [...directory.people].map(([id, person]): [Person['id'], Person] => [
        id,
        { ...person, roles: [...person.roles, 'responder'] },
      ]);
      return { ...directory, people: new Map(people) };
    }),
});

attack({
  id: 'SOD-06',
  attack: 'a responder of another installation approves here, with a signature that is valid there',
  control: 'reading people from this installation’s own genesis',
  async run(start) {
    foreigners.length = 0;
    const [here, there] = [await start(), await start()];
    const { rosa } = await startTeam(here);
    const { sam: stranger } = await startTeam(there);
    const proposal = await propose(here, rosa);
    await slip(here, stranger, proposal);
    foreigners.push(stranger.person);
    const outcome = await execute(here, proposal);
    return outcomeOf(here, outcome.kind);
  },
  without: () =>
    takeOut<typeof directoryOf>('directoryOf', async (actual, genesis, invitations, enrolments, verify, known) => {
      const directory = await actual(genesis, invitations, enrolments, verify, known);
      const added = foreigners.map((person): [Person['id'], Person] => [person.id, person]);
      return { ...directory, people: new Map([...directory.people, ...added]) };
    }),
});

/** The inventory, in which an account belongs to somebody who is enrolled. */
function belonging(account: string, to: Member): readonly InventoryRecord[] {
  return KNOWN_RECORDS.map(record =>
    record.accounts.some(({ name }) => name === account)
      ? { ...record, aliases: [...record.aliases, `person:${to.person.id}`].sort() }
      : record,
  );
}

attack({
  id: 'SOD-07',
  attack: 'whose account it is approves what is to be done with it, past the server’s own check',
  control: 'the rule that nobody decides on their own account',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    await signInventory(world, admin, belonging('app_jo', sam), 2);
    const own = await tryPropose(world, sam);
    const proposal = own.ok ? own.value : await propose(world, rosa);
    const asked = await tryReview(world, sam, proposal);
    await slip(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [
      own.ok ? 'proposed' : own.failure.code,
      asked.ok ? 'taken' : asked.failure.code,
      outcome.kind,
      ...failedChecks(outcome),
    ]);
  },
  without: () => takeOut<typeof subjectsOf>('subjectsOf', () => []),
});

attack({
  id: 'SOD-07',
  attack: 'whose account it is stops its containment with a reject, and then by withdrawing it',
  control: 'the rule that nobody decides on their own account',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    await signInventory(world, admin, belonging('app_jo', sam), 2);
    const proposal = await propose(world, rosa);
    const asked = await tryReview(world, sam, proposal, { verdict: 'reject' });
    const withdrawn = await withdrawProposal(world.context, sam.person, proposal, 'I need my account');
    await tryReview(world, rosa, proposal);
    const outcome = await execute(world, proposal);
    const said = [asked, withdrawn].map(one => (one.ok ? 'taken' : one.failure.code));
    const seen = [...said, outcome.kind].join(', ');
    return { succeeded: world.target.effects.length === 0, seen };
  },
  without: () => takeOut<typeof subjectsOf>('subjectsOf', () => []),
});

attack({
  id: 'AUT-07',
  attack: 'a passkey that was enrolled an hour ago signs an act of two people, beside one that was stolen',
  control: 'the day for which a new passkey counts for no act of two people',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    world.ports.noteCredentials([]);
    world.ports.noteCredentials([admin, rosa, sam].map(({ authenticator }) => authenticator.credential.id));
    world.advance(48 * MS_PER_HOUR);
    const mallory = await invite(world, admin, 'Mallory New', ['responder']);
    const proposal = await propose(world, rosa, { targetName: 'svc_ci' });
    world.advance(30 * MS_PER_MINUTE);
    await tryReview(world, sam, proposal);
    const asked = await tryReview(world, mallory, proposal);
    if (!asked.ok) await slip(world, mallory, proposal);
    const outcome = await execute(world, proposal);
    const { tally } = await know(world, proposal);
    return outcomeOf(world, [
      asked.ok ? 'taken' : asked.failure.code,
      outcome.kind,
      ...tally.notCounted.map(({ because }) => because),
    ]);
  },
  without: () => takeOut<typeof coolingOf>('coolingOf', () => new Map()),
});
