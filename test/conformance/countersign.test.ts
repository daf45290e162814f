import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ownSystem } from '../../src/app/own-system.ts';
import { createCapability, secretOf } from '../../src/executor/capability.ts';
import { looker } from '../../src/executor/looker.ts';
import type { Plan, Receipt, WriteCapability } from '../../src/ports/responder.ts';
import { countersign } from '../../src/responders/countersign/responder.ts';
import { sealPlan } from '../../src/responders/shared/seal.ts';
import { type TestDatabase, testDatabase } from '../postgres.ts';

const SHA = 'ab'.repeat(32);
const VERSIONS = {
  v: 1 as const,
  prompts: ['1.1.0', '1.0.0'].map(version => ({ id: 'select', version, sha256: SHA, files: {} })),
};
const REFUSED = '42501';

describe('the responder for this installation itself', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await testDatabase();
  });
  afterAll(() => db.close());
  beforeEach(() => db.ownerPool.query('DELETE FROM own_effect'));

  const system = () => ownSystem(db, 'default', VERSIONS);
  const planned = async (version = '1.1.0'): Promise<Plan> => {
    const request = { operation: 'choose-prompt', target: { name: 'select' }, params: { version }, before: undefined };
    const plan = await countersign.plan(request, system().config, looker(system()));
    if (!plan.ok) throw new Error(plan.failure.detail);
    return plan.value;
  };
  const keyed = (idempotencyKey = randomBytes(8).toString('hex'), isAllowed = true): WriteCapability =>
    createCapability({
      actDigest: '',
      idempotencyKey,
      stillAllowed: async () => isAllowed,
      open: async () => secretOf(system().writeCredential),
    });
  const execute = (plan: Plan, capability = keyed()): Promise<Receipt> =>
    countersign.execute(plan, system().config, capability, looker(system()));
  const seen = async (plan: Plan) => {
    const observed = await countersign.observe(plan, system().config, looker(system()));
    return observed.ok ? observed.value.state : observed.failure.code;
  };
  const rows = async () => (await db.ownerPool.query('SELECT value FROM own_effect ORDER BY seq')).rows;

  test('plans and looks without changing anything, and says what is in use', async () => {
    const plan = await planned();
    expect(plan.preconditions).toEqual([
      { path: 'prompt.version', value: '1.0.0' },
      { path: 'prompt.wanted', value: SHA },
    ]);
    expect(await seen(plan)).toBe('not_in_effect');
    expect(await rows()).toEqual([]);
  });

  test('adds one row for one key, whoever races for it', async () => {
    const plan = await planned();
    const outcomes = (await Promise.all(Array.from({ length: 16 }, () => execute(plan, keyed('one key'))))).map(
      ({ outcome }) => outcome,
    );
    expect(outcomes.filter(outcome => outcome === 'applied')).toHaveLength(1);
    expect(outcomes.filter(outcome => outcome === 'already_applied')).toHaveLength(15);
    expect(await rows()).toEqual([{ value: { version: '1.1.0', sha256: SHA } }]);
    expect(await seen(plan)).toBe('in_effect');
  });

  test('of acts that were planned for the same state carries out one; the others find it changed', async () => {
    const plan = await planned();
    const receipts = await Promise.all(Array.from({ length: 8 }, () => execute(plan)));
    expect(receipts.map(({ outcome }) => outcome).sort()).toEqual(['applied', ...Array(7).fill('refused_drift')]);
    expect(receipts.find(({ outcome }) => outcome === 'applied')?.before).toEqual({ 'prompt.version': '1.0.0' });
    expect(await rows()).toHaveLength(1);
  });

  test('an undo brings back what was, with a row of its own', async () => {
    const plan = await planned();
    const receipt = await execute(plan);
    const request = { operation: 'return-to-prompt', target: { immutableId: plan.target.immutableId }, params: {} };
    const undo = await countersign.plan({ ...request, before: receipt.before }, system().config, looker(system()));
    if (!undo.ok) throw new Error(undo.failure.detail);
    expect(undo.value).toMatchObject({ refusals: [], changes: [{ from: '1.1.0', to: '1.0.0' }] });
    expect(await execute(undo.value)).toMatchObject({ outcome: 'applied', before: { 'prompt.version': '1.1.0' } });
    expect((await planned()).preconditions[0]).toEqual({ path: 'prompt.version', value: '1.0.0' });
    expect(await rows()).toHaveLength(2);
    // Once more, and without anything to go back to, it refuses by itself.
    expect(await execute(undo.value)).toMatchObject({ outcome: 'refused_drift' });
    const nothing = await countersign.plan({ ...request, before: undefined }, system().config, looker(system()));
    expect(nothing).toMatchObject({ value: { refusals: [{ reason: 'nothing_to_undo' }] } });
  });

  test('sends nothing with a plan that was altered, a plan that refuses, or a capability that does not open', async () => {
    const plan = await planned();
    expect(await execute({ ...plan, params: { version: '1.0.0' } })).toMatchObject({ outcome: 'refused' });
    expect(await execute(sealPlan({ ...plan, operationVersion: '9' }))).toMatchObject({ outcome: 'refused' });
    expect(await execute(await planned('9.9.9'))).toMatchObject({ outcome: 'refused' });
    expect(await execute(plan, keyed('stopped', false))).toMatchObject({ outcome: 'refused' });
    const once = keyed();
    await once.open();
    expect(await execute(plan, once)).toMatchObject({ outcome: 'refused' });
    expect(await rows()).toEqual([]);
  });

  test('a database that does not answer leaves nothing done, and that is what is said', async () => {
    const plan = await planned();
    const nowhere = createCapability({
      actDigest: '',
      idempotencyKey: 'nowhere',
      stillAllowed: async () => true,
      open: async () => secretOf('postgresql://nobody:secret-word@127.0.0.1:1/none'),
    });
    const receipt = await execute(plan, nowhere);
    expect(receipt.outcome).toBe('failed');
    expect(receipt.detail).not.toContain('secret-word');
  });

  test.each([
    ['change a row', 'UPDATE own_effect SET value = value'],
    ['take a row away', 'DELETE FROM own_effect'],
    ['sign a review', "INSERT INTO review (tenant_id) SELECT 'default' WHERE false"],
    ['say what was executed', "INSERT INTO execution_fact (tenant_id) SELECT 'default' WHERE false"],
    ['enrol somebody', "INSERT INTO enrolment (tenant_id) SELECT 'default' WHERE false"],
    ['read evidence', 'SELECT bytes FROM evidence'],
    ['change an incident', "UPDATE incident SET state = 'closed'"],
  ])('its write login cannot %s', async (_what, statement) => {
    const client = new pg.Client({ connectionString: system().writeCredential });
    await client.connect();
    try {
      await expect(client.query(statement)).rejects.toMatchObject({ code: REFUSED });
    } finally {
      await client.end();
    }
  });

  test('its read login cannot add a row', async () => {
    const insert = "INSERT INTO own_effect (tenant_id) SELECT 'default' WHERE false";
    await expect(db.executorPool.query(insert)).rejects.toMatchObject({ code: REFUSED });
    await expect(db.serverPool.query(insert)).rejects.toMatchObject({ code: REFUSED });
  });
});
