import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { sigma } from './index.ts';

const HIT = { Timestamp: '2026-03-02 01:02:03.456 +00:00', RuleTitle: 't', Level: 'high', Computer: 'h' };

function alertOf(value: object) {
  const result = sigma.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('sigma', () => {
  it('reads details in a cell as it reads them as an object', () => {
    const asObject = alertOf({ ...HIT, Details: { Proc: 'C:\\a.exe', User: 'CORP\\kim', TgtIP: '192.0.2.1' } });
    const asCell = alertOf({ ...HIT, Details: 'Proc: C:\\a.exe ¦ User: CORP\\kim ¦ TgtIP: 192.0.2.1' });
    expect(asCell.fields).toEqual(asObject.fields);
  });

  it.each([
    ['crit', 'critical'],
    ['high', 'high'],
    ['med', 'medium'],
    ['informational', 'informational'],
    ['odd', 'unknown'],
  ])('takes level %s for %s', (Level, severity) => {
    expect(alertOf({ ...HIT, Level }).severity).toBe(severity);
  });

  it('relates the rules that match one event, and not two events', () => {
    const link = (more: object): readonly string[] => alertOf({ ...HIT, Channel: 'Sec', ...more }).vendorLinks;
    expect(link({ RecordID: 7, RuleTitle: 'a' })).toEqual(link({ RecordID: 7, RuleTitle: 'b' }));
    expect(link({ RecordID: 7 })).not.toEqual(link({ RecordID: 8 }));
    expect(link({})).toEqual([]);
  });

  it('takes no entity from the words of a rule', () => {
    expect(alertOf({ ...HIT, RuleTitle: 'User: eve at 203.0.113.1' }).entities.map(one => one.kind)).toEqual(['host']);
  });
});
