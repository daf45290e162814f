import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ownSystem } from '../../src/app/own-system.ts';
import { MS_PER_DAY } from '../../src/base/time.ts';
import { createCapability, secretOf } from '../../src/executor/capability.ts';
import { looker } from '../../src/executor/looker.ts';
import type { RuleScope } from '../../src/model/suppression.ts';
import type { Plan } from '../../src/ports/responder.ts';
import { countersign } from '../../src/responders/countersign/responder.ts';
import { ruleObject } from '../../src/responders/countersign/rule.ts';
import { type TestDatabase, testDatabase } from '../postgres.ts';

const SCOPE: RuleScope = { source: 'generic', rule: 'login', kind: 'user', value: 'lena' };
const inDays = (days: number) => new Date(Date.now() + days * MS_PER_DAY).toISOString();

describe('the suppression of a rule, as the executor sees it', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
    for (const [id, who] of [
      ['alr_1', 'lena'],
      ['alr_2', 'lena'],
      ['alr_3', 'mona'],
    ] as const)
      await db.ownerPool.query(
        `INSERT INTO alert (tenant_id, id, alert_key, evidence_id, source, product, title, rule, severity, activity_at, received_at, body, incident_id, because, batch_id)
         VALUES ('default', $1, $1, 'evd_none', 'generic', 'test', 'a login', 'login', 'low', now(), now(), $2, 'inc_1', '[]', 'bat_test')`,
        [id, JSON.stringify({ entities: [{ kind: 'user', value: who, label: who, role: 'actor', pointer: '/user' }] })],
      );
  });
  afterAll(() => db.close());
  beforeEach(() => db.ownerPool.query('DELETE FROM own_effect'));

  const system = () => ownSystem(db, 'default');
  const plan = (params: { readonly [name: string]: string }, name = ruleObject(SCOPE)) =>
    countersign.plan(
      { operation: 'suppress-rule', target: { name }, params, before: undefined },
      system().config,
      looker(system()),
    );
  const planned = async (until = inDays(7)): Promise<Plan> => {
    const made = await plan({ ...SCOPE, until, why: 'noise' });
    if (!made.ok) throw new Error(made.failure.detail);
    return made.value;
  };
  const execute = (of: Plan) =>
    countersign.execute(
      of,
      system().config,
      createCapability({
        actDigest: '',
        idempotencyKey: randomBytes(8).toString('hex'),
        stillAllowed: async () => true,
        open: async () => secretOf(system().writeCredential),
      }),
      looker(system()),
    );
  const stateOf = async (of: Plan) => {
    const seen = await countersign.observe(of, system().config, looker(system()));
    return seen.ok ? seen.value.state : seen.failure.code;
  };

  test('counts what it would have hidden, and no alert of anybody else', async () => {
    const { blast, refusals } = await planned();
    expect(refusals).toEqual([]);
    expect(blast.direct[0]).toContain('2 alerts');
  });

  test.each([
    ['no entity', { ...SCOPE, value: '' }],
    ['no kind of entity', { ...SCOPE, kind: '' }],
    ['no rule', { ...SCOPE, rule: '' }],
    ['no source', { ...SCOPE, source: '' }],
    ['another entity than was named', { ...SCOPE, value: 'mona' }],
  ])('with %s is no object at all', async (_what, scope) => {
    expect(await plan({ ...scope, until: inDays(1), why: 'noise' })).toMatchObject({ ok: false });
  });

  test.each([
    ['has no end', ''],
    ['ends in fifteen days', inDays(15)],
    ['is over already', inDays(-1)],
    ['ends at no time', 'never'],
  ])('that %s is refused', async (_what, until) => {
    expect((await planned(until)).refusals).toMatchObject([{ reason: 'not_expressible' }]);
  });

  test('is refused where nothing of late shows what would be missed', async () => {
    const scope = { ...SCOPE, value: '*' };
    const made = await plan({ ...scope, until: inDays(1), why: 'noise' }, ruleObject(scope));
    expect(made).toMatchObject({ value: { refusals: [{ reason: 'nothing_to_undo' }] } });
  });

  test('ends by itself, and its undo brings back what was', async () => {
    const of = await planned(new Date(Date.now() + 3_000).toISOString());
    const receipt = await execute(of);
    expect(receipt.outcome).toBe('applied');
    expect(await stateOf(of)).toBe('in_effect');
    expect((await planned()).refusals).toMatchObject([{ reason: 'already_in_effect' }]);
    await expect.poll(() => stateOf(of), { timeout: 10_000 }).toBe('not_in_effect');
    const again = await planned();
    expect((await execute(again)).outcome).toBe('applied');
    const lift = await countersign.plan(
      {
        operation: 'unsuppress-rule',
        target: { immutableId: of.target.immutableId },
        params: {},
        before: receipt.before,
      },
      system().config,
      looker(system()),
    );
    if (!lift.ok) throw new Error(lift.failure.detail);
    expect(lift.value.refusals).toEqual([]);
    expect((await execute(lift.value)).outcome).toBe('applied');
    expect(await stateOf(again)).toBe('not_in_effect');
  });
});
