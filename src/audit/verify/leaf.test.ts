import { describe, expect, test } from 'vitest';
import { bytesOf, LifeOfALog } from '../../../test/signed-log.ts';
import type { AuditEntry, AuditType } from '../../model/audit-entry.ts';
import { LEAVES, type Leaf, readLeaf } from './leaf.ts';

// The compiler holds the two descriptions of an entry against each other: whatever we write, the verifier reads.
const asLeaf = (entry: AuditEntry): Leaf => entry;

const life = new LifeOfALog().enrolFirst('usr_ana');
life.invite('usr_ana', 'usr_ben', ['responder']);
life.endorse('usr_ana', 'ses_1');
const proposed = life.propose({ proposal: 'prp_1', revision: '1', tier: 'T2', contributors: [] });
const review = life.review('usr_ana', proposed);
const execution = life.execute(proposed, [review]);
life.conclude(execution, proposed, 'verified');
const signature = life.passkeyOf('usr_ana').sign('0'.repeat(64));
const statement = { v: '1', installation: 'ins_1', nonce: '0'.repeat(32), expiresAt: life.now() } as const;
life
  .add({ type: 'session.ended', session: 'ses_1' })
  .add({ type: 'inventory.signed', version: '1', inventoryDigest: '0'.repeat(64), signature, by: 'usr_ana' })
  .add({
    type: 'intake.batch',
    batch: 'bat_1',
    source: 'wazuh',
    records: '2',
    kept: '1',
    duplicate: '1',
    quarantined: '0',
    root: '0'.repeat(64),
  })
  .add({
    type: 'incident.changed',
    incident: 'inc_1',
    change: 'merged',
    by: 'usr_ana',
    detail: { '10': 'a', '9': 'b' },
  })
  .add({ type: 'summary.written', incident: 'inc_1', by: 'rules', summaryDigest: '0'.repeat(64) })
  .add({ type: 'proposal.denied', incident: 'inc_1', by: 'usr_ana', codes: [] })
  .add({ type: 'proposal.withdrawn', proposal: 'prp_1', revision: '1', by: 'usr_ana' })
  .add({ type: 'proposal.expired', proposal: 'prp_1', revision: '1' })
  .add({ type: 'review.refused', proposal: 'prp_1', by: 'usr_ana', code: 'too_late' })
  .add({ type: 'proposal.decided', proposal: 'prp_1', revision: '1', decision: 'approved', reviews: [review] })
  .add({
    type: 'kill_switch.set',
    statement: { ...statement, seq: '1', isOn: 'yes', by: 'usr_ana' },
    signature: { kind: 'none' },
    reasonCommit: '',
  })
  .add({ type: 'execution.checked', execution, proposal: 'prp_1', revision: '1', verdict: 'ok', failed: [] })
  .add({ type: 'execution.answered', execution, outcome: 'done', receiptCommit: '0'.repeat(64) })
  .add({ type: 'execution.observed', execution, state: 'in_effect', effect: 'unproven' })
  .add({
    type: 'execution.found',
    statement: {
      ...statement,
      execution,
      proposal: 'prp_1',
      finds: 'failed',
      by: 'usr_ana',
      reasonDigest: '0'.repeat(64),
    },
    signature,
  })
  .add({ type: 'backup.made', size: '12' })
  .add({ type: 'backup.restored', size: '12', madeAt: life.now() })
  .add({ type: 'source.configured', source: 'wazuh', by: 'usr_ana' })
  .add({ type: 'access.denied', by: 'usr_ana', action: 'invite', code: 'x' })
  .add({ type: 'demo.played', scenario: 'contractor' });

describe('an entry', () => {
  for (const type of Object.keys(LEAVES) as AuditType[]) {
    const entry = life.entries.find(candidate => candidate.type === type);

    test(`of type ${type} is read back as it was written`, () => {
      expect(entry).toBeDefined();
      if (entry === undefined) return;
      expect(readLeaf(bytesOf(entry))).toEqual({ ok: true, value: asLeaf(entry) });
    });

    test(`of type ${type} is refused with one member taken out, or one added`, () => {
      if (entry === undefined) throw new Error('there is one');
      for (const name of Object.keys(entry)) {
        const { [name as 'v']: _, ...rest } = entry;
        expect(readLeaf(bytesOf(rest as AuditEntry)).ok).toBe(false);
      }
      const added = { ...entry, zzz: 'alice@example.com' };
      expect(readLeaf(bytesOf(added)).ok).toBe(false);
    });
  }
});
