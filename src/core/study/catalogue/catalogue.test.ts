import { describe, expect, test } from 'vitest';
import { TACTICS } from '../../../model/attack.ts';
import { CATALOGUE, floorOf, irreversibleText, kindOfOperation } from './catalogue.ts';

/** Ids of D3FEND that there are, of those that we use. */
const D3FEND = /^D3-(?:AL|ULA|RUAA|ST|ANCI|CR|CRO|RIC|NI|RNA|ITF|OTF|FRIDL|FRDDL|EDL|ER|RE|PT|PS|UAP)$/;

/** Every kind that has to be there, with the least tier that it may have on a harmless target; undefined for a notice. */
const WANTED: { readonly [kind: string]: string | undefined } = {
  disable_account: 'T2',
  enable_account: 'T2',
  revoke_sessions: 'T3',
  reset_mfa: 'T3',
  reset_password: 'T3',
  rotate_key: 'T2',
  delete_key: 'T3',
  isolate_host: 'T2',
  release_host: 'T2',
  block_indicator: 'T2',
  unblock_indicator: 'T2',
  quarantine_mail: 'T2',
  close_incident: 'T1',
  close_ticket: 'T2',
  reopen_ticket: 'T2',
  suppress_rule: 'T2',
  stop_workload: 'T3',
  start_workload: 'T3',
  change_firewall_rule: 'T3',
  grant_role: 'T3',
  revoke_role: 'T2',
  ticket: undefined,
  comment: undefined,
  tag: undefined,
  notify: undefined,
};

describe('the catalogue', () => {
  test('holds every kind of response once, at no lower tier than its default', () => {
    const ids = CATALOGUE.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [id, tier] of Object.entries(WANTED)) {
      const kind = CATALOGUE.find(one => one.id === id);
      expect(kind === undefined ? 'missing' : floorOf(kind), id).toBe(tier);
    }
  });

  test('says of each what it does, needs, breaks, leaves going, and where it is done', () => {
    for (const kind of CATALOGUE) {
      for (const text of [kind.title, kind.does, kind.blastQuestion, kind.undo.how, kind.costOfWaiting, kind.doneIn])
        expect(text.length, kind.id).toBeGreaterThan(5);
      expect(kind.blastQuestion, kind.id).toMatch(/\?$/);
      expect(kind.preconditions.length, kind.id).toBeGreaterThan(0);
      expect(kind.doesNotStop.length, kind.id).toBeGreaterThan(0);
    }
  });

  test('gives each an undo that is a kind too, or says that there is none and that it takes one tier more', () => {
    const ids = new Set<string>(CATALOGUE.map(({ id }) => id));
    for (const kind of CATALOGUE) {
      const isIrreversible = kind.undo.by === 'irreversible';
      expect(isIrreversible || ids.has(kind.undo.by), kind.id).toBe(true);
      if (kind.tierRule.kind !== 'operation') continue;
      expect(kind.tierRule.reversibility === 'irreversible', kind.id).toBe(isIrreversible);
      if (!isIrreversible) continue;
      expect(irreversibleText(kind)).toContain('cannot be undone');
      // Of a kind that does not take two people anyway.
      const undoable = floorOf({ id: 'disable_account', tierRule: { ...kind.tierRule, reversibility: 'exact' } });
      expect([undoable, floorOf(kind)], kind.id).toEqual(['T2', 'T3']);
    }
  });

  test('uses ids and tactics that exist', () => {
    for (const { id, d3fend, react, helps } of CATALOGUE) {
      for (const one of d3fend) expect(one, id).toMatch(D3FEND);
      for (const one of react) expect(one, id).toMatch(/^RA[1-6]\d{3}$/);
      for (const tactic of helps.tactics) expect(TACTICS, id).toContain(tactic);
    }
  });

  test('takes an operation for the kind that it declares', () => {
    expect(kindOfOperation({ kind: 'disable_account' })?.id).toBe('disable_account');
    expect(kindOfOperation({ kind: 'none' as 'tag' })).toBeUndefined();
  });
});
