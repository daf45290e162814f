import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, LifeOfALog } from '../../../test/signed-log.ts';
import type { AuditEntry, AuditType } from '../../model/audit-entry.ts';
import { LEAVES, type Leaf, readLeaf, skimLeaf } from './leaf.ts';

// The compiler holds the two descriptions of an entry against each other: whatever we write, the verifier reads. An
// enrolment's credential is typed more loosely where it is written; the tests below hold that one.
const asLeaf = (entry: Exclude<AuditEntry, { readonly type: 'person.enrolled' }>): Leaf => entry;

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
  .add({ type: 'proposal.sealed', proposal: 'prp_1', revision: '1', seal: '0'.repeat(64) })
  .add({
    type: 'drill.opened',
    opening: {
      v: '1',
      installation: 'ins_1',
      proposal: 'prp_1',
      revision: '1',
      is: 'drill',
      fault: 'namesake',
      salt: '0'.repeat(64),
    },
  })
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
  .add({ type: 'lease.granted', execution, endsAt: '2026-01-02T00:00:00.000Z' })
  .add({ type: 'lease.ended', execution, number: '1', release: '', codes: ['not_found'] })
  .add({
    type: 'trail.found',
    system: 'orders-db',
    number: '1',
    kind: 'not_shown',
    execution: 'exe_1',
    findingCommit: '0'.repeat(64),
  })
  .add({ type: 'trail.seen', system: 'orders-db', number: '1', by: 'usr_ana', whyCommit: '0'.repeat(64) })
  .add({ type: 'execution.compared', execution, undoes: 'exe_0', verdict: 'differs', differences: '1' })
  .add({ type: 'execution.answered', execution, outcome: 'done', receiptCommit: '0'.repeat(64) })
  .add({ type: 'execution.observed', execution, state: 'in_effect', effect: 'unproven' })
  .add({ type: 'rule.began', rule: 'invited_by_two' })
  .add({
    type: 'machine.owned',
    statement: {
      v: '1',
      installation: statement.installation,
      identity: 'source:okta',
      version: '1',
      owner: 'usr_ben',
      from: ['10.0.0.0/8'],
      since: statement.expiresAt,
      until: statement.expiresAt,
      nonce: statement.nonce,
    },
    signature: { kind: 'browser_key', credentialId: 'c', signature: 's' },
  })
  .add({
    type: 'person.changed',
    statement: {
      v: '1',
      installation: statement.installation,
      change: 'pch_1',
      kind: 'roles',
      person: 'usr_ben',
      roles: ['analyst'],
      linkPublicKey: '',
      previous: '0'.repeat(64),
      nonce: statement.nonce,
      expiresAt: statement.expiresAt,
    },
    signatures: [{ by: 'usr_ana', signature: { kind: 'browser_key', credentialId: 'c', signature: 's' } }],
  })
  .add({
    type: 'delegation.made',
    statement: {
      v: '1',
      installation: statement.installation,
      delegation: 'dlg_1',
      from: 'usr_ana',
      to: 'usr_ben',
      since: statement.expiresAt,
      until: statement.expiresAt,
      nonce: statement.nonce,
    },
    signature: { kind: 'browser_key', credentialId: 'c', signature: 's' },
  })
  .add({ type: 'delegation.ended', delegation: 'dlg_1', by: 'usr_ana' })
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
  .add({
    type: 'ai.called',
    record: 'air_1',
    task: 'select',
    incident: 'inc_1',
    by: 'usr_ana',
    prompt: 'select',
    promptVersion: '1.0.0',
    promptSha256: '0'.repeat(64),
    schemaSha256: '1'.repeat(64),
    packetSha256: '2'.repeat(64),
    requestSha256: '3'.repeat(64),
    responseSha256: '4'.repeat(64),
    provider: 'local',
    model: 'm',
    region: 'local',
    namesWithheld: 'no',
    isCached: 'no',
    attempts: '1',
    costMicros: '0',
    outcome: 'used',
    verified: '3',
    dropped: '1',
    shownSha256: '5'.repeat(64),
  })
  .add({ type: 'ai.configured', version: '1', settingsSha256: '0'.repeat(64), by: 'usr_ana' })
  .add({ type: 'ai.provider_changed', provider: 'local', change: 'remove', configSha256: '', by: 'usr_ana' })
  .add({
    type: 'ai.previewed',
    provider: 'local',
    form: '0'.repeat(64),
    requestSha256: '1'.repeat(64),
    by: 'usr_ana',
  })
  .add({
    type: 'prompt.signed',
    statement: {
      v: '1',
      installation: 'ins_1',
      prompt: 'select',
      version: '1.0.1',
      promptSha256: '0'.repeat(64),
      evaluationSha256: '1'.repeat(64),
      nonce: '0'.repeat(32),
      expiresAt: life.now(),
    },
    signature,
    by: 'usr_ana',
  })
  .add({
    type: 'comment.written',
    comment: 'cmt_1',
    proposal: 'prp_1',
    revision: '1',
    by: 'usr_ana',
    about: 'evd_1',
    textCommit: '0'.repeat(64),
  })
  .add({
    type: 'task.opened',
    task: 'tsk_1',
    proposal: 'prp_1',
    revision: '1',
    review,
    by: 'usr_ana',
    owner: 'usr_ben',
    dueAt: life.now(),
  })
  .add({
    type: 'task.settled',
    task: 'tsk_1',
    proposal: 'prp_1',
    outcome: 'answered',
    by: 'usr_ben',
    evidence: ['evd_1'],
    revision: '2',
    wordsCommit: '',
  })
  .add({ type: 'backup.made', size: '12' })
  .add({ type: 'backup.restored', size: '12', madeAt: life.now() })
  .add({ type: 'agent.admitted', agent: 'nhi_1', by: 'usr_ana', until: life.now() })
  .add({ type: 'gateway.calls', calls: '3', last: '7', root: '0'.repeat(64) })
  .add({ type: 'gateway.quarantined', upstream: 'files', tool: 'read', manifest: '0'.repeat(64), seen: '' })
  .add({ type: 'agent.ended', agent: 'nhi_1', by: 'usr_ana' })
  .add({ type: 'playbook.started', run: 'run_1', playbook: '0'.repeat(64), incident: 'inc_1', by: 'usr_ana' })
  .add({ type: 'playbook.asked', run: 'run_1', proposal: 'prp_1' })
  .add({ type: 'playbook.halted', run: 'run_1', by: 'usr_ana' })
  .add({ type: 'playbook.ended', run: 'run_1', as: 'done' })
  .add({ type: 'source.configured', source: 'wazuh', by: 'usr_ana' })
  .add({ type: 'fingerprint.changed', source: 'wazuh', version: 'wazuh-2', by: 'usr_ana' })
  .add({ type: 'notice.sent', notice: 'ntc_1', noticeDigest: '0'.repeat(64), channel: 'mail' })
  .add({ type: 'access.denied', by: 'usr_ana', action: 'invite', code: 'x' })
  .add({ type: 'demo.played', scenario: 'contractor' });

describe('an entry', () => {
  for (const type of Object.keys(LEAVES) as AuditType[]) {
    const entry = life.entries.find(candidate => candidate.type === type);

    test(`of type ${type} is read back as it was written`, () => {
      expect(entry).toBeDefined();
      if (entry === undefined) return;
      const leaf = entry.type === 'person.enrolled' ? entry : asLeaf(entry);
      expect(readLeaf(bytesOf(entry))).toEqual({ ok: true, value: leaf });
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

describe('skimming', () => {
  const printed = life.entries.map(entry => new TextDecoder().decode(bytesOf(entry)));
  const utf8 = (text: string) => new TextEncoder().encode(text);

  test('takes every type of entry but the one whose members have names of their own', () => {
    const left = life.entries.filter((_, i) => skimLeaf(printed[i] ?? '') === undefined).map(({ type }) => type);
    expect(left).toEqual(['incident.changed']);
  });

  test('says of an entry what reading it in full says', () => {
    for (const [i, { type, at }] of life.entries.entries()) {
      if (type !== 'incident.changed') expect(skimLeaf(printed[i] ?? '')).toEqual({ type, at });
    }
  });

  test('takes nothing that reading in full would refuse', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.string({ unit: 'binary', maxLength: 2 }),
      fc.constantFrom(
        '"',
        '\\',
        '\\u0041',
        ' ',
        ',',
        '{',
        '}',
        '[]',
        '"v":"1"',
        '"type":"demo.played"',
        '\n',
        '\u0000',
        '\u2028',
        '\ud800',
        '.',
      ),
    );
    fc.assert(
      fc.property(fc.nat(printed.length - 1), fc.nat(), piece, fc.nat(4), (i, at, noise, cut) => {
        const text = printed[i] ?? '';
        const place = at % (text.length + 1);
        const bytes = utf8(text.slice(0, place) + noise + text.slice(place + cut));
        // As the verifier gets it: what was UTF-8 and has become text.
        const skimmed = skimLeaf(new TextDecoder().decode(bytes));
        if (skimmed === undefined) return;
        const leaf = readLeaf(bytes);
        expect(leaf.ok && { type: leaf.value.type, at: leaf.value.at }).toEqual(skimmed);
      }),
      { numRuns: 20_000 },
    );
  });
});
