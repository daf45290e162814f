import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Id } from '../../base/id.ts';
import type { IncidentEvent } from '../../model/incident.ts';
import { foldMembership, type NumberedEvent, ownerOf, severityOf, titleOf } from './incident.ts';

const alert = (n: number): Id<'alert'> => `alr_${n}`;
const incident = (n: number): Id<'incident'> => `inc_${n}`;

const numbered = (events: readonly IncidentEvent[]): readonly NumberedEvent[] =>
  events.map((event, seq) => ({ seq, event }));

/** Sets as sorted text, so that two states can be compared whatever the order of insertion. */
function sets(events: readonly IncidentEvent[]): readonly string[] {
  const { alertsOf } = foldMembership(numbered(events));
  return [...alertsOf]
    .filter(([, alerts]) => alerts.size > 0)
    .map(([id, alerts]) => `${id}: ${[...alerts].sort().join(' ')}`)
    .sort();
}

const INCIDENTS = 5;
const ALERTS = 12;
const anyIncident = fc.integer({ min: 0, max: INCIDENTS - 1 }).map(incident);
const anyAlert = fc.integer({ min: 0, max: ALERTS - 1 }).map(alert);

const structural: fc.Arbitrary<IncidentEvent> = fc.oneof(
  fc
    .record({ incident: anyIncident, from: anyIncident })
    .map((e): IncidentEvent => ({ kind: 'merged', ...e, because: 'one', by: 'dana' })),
  fc
    .record({ incident: anyIncident, into: anyIncident, alerts: fc.uniqueArray(anyAlert, { maxLength: 4 }) })
    .map((e): IncidentEvent => ({ kind: 'split', ...e, by: 'dana' })),
  fc
    .record({ incident: anyIncident, alert: anyAlert, into: anyIncident })
    .map((e): IncidentEvent => ({ kind: 'detached', ...e, by: 'dana' })),
);

const anyEvent = (place: number): fc.Arbitrary<IncidentEvent> =>
  fc.oneof(
    { weight: 3, arbitrary: structural },
    {
      weight: 3,
      arbitrary: fc
        .record({ incident: anyIncident, alerts: fc.array(anyAlert, { minLength: 1, maxLength: 3 }) })
        .map((e): IncidentEvent => ({ kind: 'joined', ...e })),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({
          incident: anyIncident,
          from: anyIncident,
          alerts: fc.array(anyAlert, { minLength: 1, maxLength: 3 }),
        })
        .map((e): IncidentEvent => ({ kind: 'moved', ...e, because: 'late', by: 'correlator' })),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({ incident: anyIncident, event: fc.integer({ min: 0, max: Math.max(0, place) }) })
        .map((e): IncidentEvent => ({ kind: 'undone', ...e, by: 'dana' })),
    },
  );

/** Opened first: each alert in one of the incidents. Then anything. */
const history: fc.Arbitrary<readonly IncidentEvent[]> = fc
  .array(fc.integer({ min: 0, max: INCIDENTS - 1 }), { minLength: ALERTS, maxLength: ALERTS })
  .chain(places => {
    const opened = places.map(
      (place, n): IncidentEvent => ({ kind: 'opened', incident: incident(place), alert: alert(n) }),
    );
    return fc
      .tuple(...Array.from({ length: 10 }, (_, n) => anyEvent(opened.length + n - 1)))
      .chain(rest => fc.integer({ min: 0, max: rest.length }).map(length => [...opened, ...rest.slice(0, length)]));
  });

describe('membership', () => {
  test('every alert is in exactly one incident, whatever happens', () => {
    fc.assert(
      fc.property(history, events => {
        const { incidentOf, alertsOf } = foldMembership(numbered(events));
        const placed = [...alertsOf.values()].flatMap(alerts => [...alerts]);
        expect(placed.toSorted()).toEqual([...new Set(placed)].toSorted());
        expect(new Set(placed)).toEqual(new Set(Array.from({ length: ALERTS }, (_, n) => alert(n))));
        for (const [id, home] of incidentOf) expect(alertsOf.get(home)?.has(id)).toBe(true);
      }),
    );
  });

  test('undoing a merge, a split or a detach restores the exact earlier sets', () => {
    fc.assert(
      fc.property(history, structural, (events, change) => {
        const undo: IncidentEvent = { kind: 'undone', incident: change.incident, event: events.length, by: 'dana' };
        expect(sets([...events, change, undo])).toEqual(sets(events));
      }),
    );
  });

  test('undoing an undo brings the change back', () => {
    fc.assert(
      fc.property(history, structural, (events, change) => {
        const undo: IncidentEvent = { kind: 'undone', incident: change.incident, event: events.length, by: 'dana' };
        const redo: IncidentEvent = { kind: 'undone', incident: change.incident, event: events.length + 1, by: 'dana' };
        expect(sets([...events, change, undo, redo])).toEqual(sets([...events, change]));
      }),
    );
  });

  test('a split and a merge of its parts give the incident back', () => {
    const opened: IncidentEvent[] = [0, 1, 2].map(n => ({ kind: 'opened', incident: incident(0), alert: alert(n) }));
    const split: IncidentEvent = {
      kind: 'split',
      incident: incident(0),
      into: incident(9),
      alerts: [alert(1)],
      by: 'dana',
    };
    const merged: IncidentEvent = {
      kind: 'merged',
      incident: incident(0),
      from: incident(9),
      because: 'one',
      by: 'dana',
    };
    expect(sets([...opened, split])).toEqual(['inc_0: alr_0 alr_2', 'inc_9: alr_1']);
    expect(sets([...opened, split, merged])).toEqual(['inc_0: alr_0 alr_1 alr_2']);
  });

  test('news filed under an incident that an undone split had made goes back with the split', () => {
    const events: IncidentEvent[] = [
      { kind: 'opened', incident: incident(0), alert: alert(0) },
      { kind: 'joined', incident: incident(0), alerts: [alert(1)] },
      { kind: 'split', incident: incident(0), into: incident(1), alerts: [alert(1)], by: 'dana' },
      { kind: 'joined', incident: incident(1), alerts: [alert(2)] },
    ];
    expect(sets(events)).toEqual(['inc_0: alr_0', 'inc_1: alr_1 alr_2']);
    const undone: IncidentEvent = { kind: 'undone', incident: incident(0), event: 2, by: 'dana' };
    expect(sets([...events, undone])).toEqual(['inc_0: alr_0 alr_1 alr_2']);
  });

  test('an alert that is placed stays where it is when it comes again', () => {
    const events: IncidentEvent[] = [
      { kind: 'opened', incident: incident(0), alert: alert(0) },
      { kind: 'opened', incident: incident(1), alert: alert(0) },
    ];
    expect(sets(events)).toEqual(['inc_0: alr_0']);
  });

  test('opening and joining cannot be undone, only moved', () => {
    const events: IncidentEvent[] = [
      { kind: 'opened', incident: incident(0), alert: alert(0) },
      { kind: 'undone', incident: incident(0), event: 0, by: 'dana' },
    ];
    expect(sets(events)).toEqual(['inc_0: alr_0']);
  });

  test('the owner is whoever was named last', () => {
    const events = numbered([
      { kind: 'owned', incident: incident(0), owner: 'dana', by: 'dana' },
      { kind: 'owned', incident: incident(1), owner: 'ole', by: 'ole' },
      { kind: 'owned', incident: incident(0), owner: 'ines', by: 'dana' },
    ]);
    expect([ownerOf(events, incident(0)), ownerOf(events, incident(2))]).toEqual(['ines', '']);
  });
});

describe('how an incident is named and ranked', () => {
  const described = (title: string, severity: 'low' | 'high' | 'unknown' | 'medium', label = 'dana') => ({
    title,
    rule: title,
    severity,
    entities: [{ kind: 'user', value: label, label, role: 'actor', pointer: '/user', vendorId: undefined }] as const,
  });

  test('the worst severity wins, and what was said outranks what was not', () => {
    expect(severityOf([{ severity: 'low' }, { severity: 'high' }, { severity: 'unknown' }])).toBe('high');
    expect(severityOf([{ severity: 'unknown' }, { severity: 'medium' }])).toBe('medium');
    expect(severityOf([{ severity: 'low' }, { severity: 'unknown' }])).toBe('unknown');
    expect(severityOf([])).toBe('unknown');
  });

  test('the title names the gravest rule and who it is about, in any order of the alerts', () => {
    const alerts = [
      described('Sign-in', 'low'),
      described('Credential dump', 'high'),
      described('Sign-in', 'low', 'ole'),
    ];
    expect(titleOf(alerts)).toBe('Credential dump and 1 other kind of alert: dana, ole');
    expect(titleOf(alerts.toReversed())).toBe(titleOf(alerts));
  });

  test('of an Amazon Resource Name a title says the resource, and no full stop stands within it', () => {
    const alerts = [described('Role granted.', 'high', 'arn:aws:iam::123456789012:user/ci-deployer')];
    expect(titleOf(alerts)).toBe('Role granted: user/ci-deployer');
  });

  test('a title is cut visibly', () => {
    const title = titleOf([described('x'.repeat(400), 'low')]);
    expect(title).toHaveLength(160);
    expect(title.endsWith('…')).toBe(true);
  });
});
