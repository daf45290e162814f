import { describe, expect, it } from 'vitest';
import { rootOf } from './at.ts';
import { openDraft } from './draft.ts';
import { putIdentity, qualifiedName } from './identity.ts';

function put(name: unknown, options = {}, role: 'actor' | 'target' = 'actor') {
  const draft = openDraft(name);
  putIdentity(draft, role, rootOf(name), options);
  return draft;
}

describe('putIdentity', () => {
  it('tells a machine by its name, by its SID and by its domain', () => {
    expect(put('WS-1$').entities[0]).toMatchObject({ kind: 'nhi', machine: 'computer' });
    expect(put('LOKALER DIENST', { vendorId: 'S-1-5-19' }).entities[0]).toMatchObject({
      kind: 'nhi',
      machine: 'system',
    });
    expect(put('DefaultAppPool', { domain: 'IIS APPPOOL' }).entities[0]).toMatchObject({
      kind: 'nhi',
      machine: 'system',
    });
    expect(put('kim').entities[0]).not.toHaveProperty('machine');
  });

  it('fills the field only with who acted, and never with a placeholder', () => {
    expect(put('kim').fields.user).toBe('kim');
    expect(put('kim', {}, 'target').fields.user).toBeUndefined();
    expect(put('-').entities).toEqual([]);
  });

  it.each([
    ['Kim', undefined, 'kim'],
    ['Kim', 'CORP', 'corp\\kim'],
    ['Kim', 'corp.example.com', 'kim@corp.example.com'],
    ['CORP\\Kim', 'OTHER', 'corp\\kim'],
    ['kim@example.com', 'CORP', 'kim@example.com'],
  ])('compares %s of %s as %s', (name, domain, value) => {
    expect(qualifiedName(name, domain)).toBe(value);
  });
});
