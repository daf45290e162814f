import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { ocsf } from './index.ts';

function alertOf(value: object) {
  const result = ocsf.normalise(
    recordOfValue({ class_uid: 2004, category_uid: 2, metadata: {}, time: 1772416800000, ...value }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('ocsf', () => {
  it('takes the state of the work on a finding for no outcome, and that of an event for one', () => {
    expect(alertOf({ status_id: 2 }).fields.outcome).toBeUndefined();
    expect(alertOf({ class_uid: 3002, category_uid: 3, status_id: 2 }).fields.outcome).toBe('failure');
  });

  it('takes severity_id 0, 99 and none for unknown, unless the word says it', () => {
    for (const severity_id of [0, 99, undefined]) expect(alertOf({ severity_id }).severity).toBe('unknown');
    expect(alertOf({ severity_id: 99, severity: 'High' }).severity).toBe('high');
    expect(alertOf({ severity_id: 6 }).severity).toBe('critical');
  });

  it.each([
    [{ name: 'x', type_id: 3 }, 'nhi', 'system'],
    [{ name: 'x', type_id: 4 }, 'nhi', 'service_account'],
    [{ name: 'x', type: 'AssumedRole' }, 'nhi', 'role'],
    [{ name: 'WS-1$' }, 'nhi', 'computer'],
    [{ name: 'kim', type_id: 1 }, 'user', undefined],
  ])('says of the user %j that it is a %s of the kind %s', (user, kind, machine) => {
    const [first] = alertOf({ actor: { user } }).entities;
    expect([first?.kind, first?.machine]).toEqual([kind, machine]);
  });

  it('ends at a process whose parents have no end', () => {
    let process: object = { name: 'first' };
    for (let i = 0; i < 50; i++) process = { name: `p${i}`, parent_process: process };
    expect(alertOf({ evidences: [{ process }] }).entities.length).toBe(5);
  });
});
