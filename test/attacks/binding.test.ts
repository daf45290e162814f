import { expect, test, vi } from 'vitest';
import { ok } from '../../src/base/result.ts';
import { loadPolicies } from '../../src/core/decide/authorise.ts';
import { readAct, readIntent, readInventory, type sealed } from '../../src/core/decide/closed.ts';
import { contributorsDigest } from '../../src/core/decide/tally.ts';
import {
  KNOWN_RECORDS,
  must,
  personRecord,
  signInventory,
  startInstallation,
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
} from '../harness/proposals.ts';
import { targetResponder } from '../harness/target.ts';
import { takeOut } from './seams.ts';
import { withoutBinding, withoutChecks } from './taken-out.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/core/act/check.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/check.ts')>(),
    'checkExecution',
  ),
);
vi.mock('../../src/core/decide/closed.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/closed.ts')>(),
    'sealed',
    'readAct',
    'readIntent',
    'readInventory',
  ),
);
vi.mock('../../src/core/decide/tally.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tally.ts')>(), 'tally'),
);

attack({
  id: 'BND-01',
  attack: 'the owner of the database changes the approved act to a harder one',
  control: 'recomputing the digest of the act that is about to be sent',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa, { operation: 'suspend' });
    await review(world, sam, proposal);
    await world.settleLog();
    await world.database.ownerPool.query(
      `UPDATE revision SET act = replace(act, '"operation":"suspend"', '"operation":"lock"') WHERE proposal_id = $1`,
      [proposal],
    );
    return outcomeOf(world, failedChecks(await execute(world, proposal)));
  },
  without: () => {
    const first = new Map<string, string>();
    takeOut<typeof sealed>('sealed', (actual, domain, value) => {
      const made = actual(domain, value);
      if (domain !== 'countersign/act/v1') return made;
      // The digest of what was proposed stands for whatever is stored now.
      const { proposal, revision } = value as { proposal: string; revision: string };
      const digest = first.get(`${proposal}/${revision}`) ?? made.digest;
      first.set(`${proposal}/${revision}`, digest);
      return { text: made.text, digest };
    });
  },
});

test('BND-01: an approved act that was pointed at another account fails two checks by itself', async () => {
  const world = await startInstallation();
  try {
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await world.settleLog();
    await world.database.ownerPool.query(
      `UPDATE revision SET act = replace(act, '"immutableId":"id-jo"', '"immutableId":"id-kim"') WHERE proposal_id = $1`,
      [proposal],
    );
    const codes = failedChecks(await execute(world, proposal));
    expect(codes).toEqual(expect.arrayContaining(['execution.digest_mismatch', 'execution.alias_changed']));
    expect(world.target.writes).toEqual([]);
  } finally {
    await world.stop();
  }
});

attack({
  id: 'BND-02',
  attack: 'one person signs revision 1, an edit makes revision 2, another person signs that: two signatures, one each',
  control: 'the rule that a review is of one revision',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const study = await studyFor(world, { targetName: 'svc_ci', otherOperations: ['lock'] });
    const proposal = await propose(world, rosa, study);
    await review(world, rosa, proposal);
    must(await revise(world, admin, study, proposal, 'opt_lock'));
    await review(world, sam, proposal);
    const { tally } = await know(world, proposal);
    const seats = tally.slots.filter(slot => slot.filledBy !== undefined).length;
    await execute(world, proposal);
    return outcomeOf(world, `${seats} of ${tally.needed} seats`);
  },
  without: () =>
    withoutBinding(question => ({
      revision: String(question.revision),
      actDigest: question.actDigest,
      presentationDigest: question.presentationDigest,
      contributorsDigest: contributorsDigest(question.contributors),
    })),
});

const HOSTILE_TEXTS: readonly (readonly [string, (text: string) => string])[] = [
  ['a key twice', text => text.replace('"tenant":', '"tenant":"other","tenant":')],
  ['an unknown key', text => text.replace('"v":"1"}', '"v":"1","vv":"2"}')],
  ['__proto__', text => text.replace('{"type"', '{"__proto__":{"x":"y"},"type"').replace('{', '{"__proto__":"x",')],
  ['a number', text => text.replace(/"startWithinSeconds":"(\d+)"/, '"startWithinSeconds":$1')],
  ['an unsafe integer', text => text.replace(/"startWithinSeconds":"\d+"/, '"startWithinSeconds":9007199254740993')],
  ['a zero-width character', text => text.replace('id-jo', 'id-\u200bjo')],
  ['a bidi override', text => text.replace('id-jo', 'id-\u202ejo')],
  ['a mix of scripts', text => text.replace('orders-db', 'оrders-db')],
  ['a lone surrogate', text => text.replace('id-jo', 'id-\\ud800jo')],
  ['other spacing', text => text.replace('":"', '": "')],
  ['an escape for a letter', text => text.replace('id-jo', '\\u0069d-jo')],
  ['another order of keys', text => `{"v":"1",${text.slice(1).replace(',"v":"1"', '')}`],
];

attack({
  id: 'BND-03',
  attack: 'texts that two readers would read as two acts: a key twice, look-alikes, invisible characters, numbers',
  control: 'the strict reader (a plain JSON reader in its place)',
  async run(start) {
    const world = await start();
    const { rosa } = await startTeam(world);
    const { current } = await know(world, await propose(world, rosa));
    const accepted = HOSTILE_TEXTS.filter(([, change]) => {
      const text = change(current.actText);
      if (text === current.actText) throw new Error('a hostile text is the honest one');
      return readAct(text).ok;
    }).map(([what]) => what);
    const others = [readIntent('{"v":"1","v":"1"}'), readInventory('{"records":[],"v":"1","version":"1","x":"1"}')];
    return {
      succeeded: accepted.length > 0 || others.some(read => read.ok),
      seen: `${accepted.length} of ${HOSTILE_TEXTS.length} accepted${accepted.length > 0 ? `: ${accepted.join(', ')}` : ''}`,
    };
  },
  without: () => {
    takeOut<typeof readAct>('readAct', (_actual, text) => ok(JSON.parse(text)));
  },
});

attack({
  id: 'BND-04',
  attack: 'after the approval the name that was shown is given to another account',
  control: 'resolving the name again before the act',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    // Known by both names, so that nothing but the name itself has changed.
    await signInventory(world, admin, [...KNOWN_RECORDS, personRecord('Jo Old', 'app_jo_old')], 2);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    world.target.account('app_jo').name = 'app_jo_old';
    world.target.account('app_kim').name = 'app_jo';
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: () => withoutChecks('its name still means the same'),
});

attack({
  id: 'BND-05',
  attack: 'the account changes between the approval and the act',
  control: 'comparing the state of the target with what was signed',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    world.target.account('app_jo').version++;
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: () => withoutChecks('the target is as it was when people looked'),
});

attack({
  id: 'BND-05',
  attack: 'the account changes between the last check and the write',
  control: 'the condition of the write',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    world.target.onWrite = () => {
      world.target.account('app_jo').version++;
    };
    const outcome = await execute(world, proposal);
    return outcomeOf(world, outcome.kind === 'concluded' ? outcome.conclusions : outcome.kind);
  },
  without: { responder: target => targetResponder(target, { isUnconditional: () => true }) },
});

attack({
  id: 'BND-06',
  attack: 'a person signs what a tampered page showed, and the server stores another presentation',
  control: 'holding the digest of what was shown against what is stored',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const intent = await intentFor(world, proposal, sam.person.id, { presentationDigest: 'ab'.repeat(32) });
    await storeReview(world, intent, signIntent(sam, intent));
    const outcome = await execute(world, proposal);
    const [notCounted] = (await know(world, proposal)).tally.notCounted;
    return outcomeOf(world, [outcome.kind, notCounted?.because ?? '']);
  },
  without: () => withoutBinding(question => ({ presentationDigest: question.presentationDigest })),
});

attack({
  id: 'BND-08',
  attack: 'the policy is changed while an act is approved',
  control: 'asking whether the policy that stands is the one that was signed',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const stricter = must(
      loadPolicies({ 'nobody-ingests': 'forbid (principal, action == Action::"ingest", resource);' }),
    );
    const outcome = await execute(world, proposal, {
      ...world.ports,
      housePolicy: () => ({ ...world.ports.housePolicy(), set: stricter }),
    });
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: () => withoutChecks('the policy is the one that was signed'),
});

attack({
  id: 'BND-08',
  attack: 'the responder is upgraded while an act is approved: the operation now means something else',
  control: 'binding the act to the version of the operation',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const outcome = await execute(world, proposal, {
      ...world.ports,
      operation: (responder, name) => {
        const operation = world.ports.operation(responder, name);
        return operation === undefined ? undefined : { ...operation, version: '2' };
      },
    });
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: () => withoutChecks('the operation is one of ours'),
});
