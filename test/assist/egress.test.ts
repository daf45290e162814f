import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inventedIncidents, type StudiedIncident } from '../../src/cli/interference/incidents.ts';
import { type MadePacket, packetOf } from '../../src/core/study/assist/packet.ts';
import { extractClaims } from '../../src/core/study/facts.ts';
import { alertsOf } from '../../src/core/study/testing.ts';
import { ALERT_FILES, realIncidents } from './all-incidents.ts';
import { formsFound, namesFound, namesOf } from './scan.ts';

/** As it would leave for a hosted provider, with everything on that may go along. */
function leaving({ summary, claims, alerts, options, inventory }: StudiedIncident, nonce = 'q7'): MadePacket {
  const { coverage, gaps } = summary;
  const strings = true;
  return packetOf({ summary, claims, alerts, gaps, coverage, options, inventory, nonce, strings, namesWithheld: true });
}

function leaksOf(incident: StudiedIncident): readonly string[] {
  const made = leaving(incident);
  const names = namesOf(incident.alerts, incident.inventory);
  return [...formsFound(made), ...namesFound(made.text.replace('"incident":"q7"', ''), names)];
}

/** Every id leads back to exactly what stood there before the packet was made. */
function wronglyRestored(incident: StudiedIncident): readonly string[] {
  const { packet, key } = leaving(incident);
  const claims = new Map([...incident.claims, ...incident.summary.identified].map(claim => [claim.id, claim]));
  return packet.facts.flatMap(fact => {
    const claim = key.facts.get(fact.id);
    if (claim === undefined || claims.get(claim.id)?.text !== claim.text) return [`${fact.id} leads to no claim`];
    return fact.roles.flatMap(({ role, value }) => {
      const recorded = claim.roles[role] ?? '';
      const entity = key.entities.get(value);
      if (entity === undefined) return [];
      const isSame = [entity.label, entity.key.slice(entity.kind.length + 1)].some(
        name => name.toLowerCase() === recorded.toLowerCase(),
      );
      const isOfAlert = incident.alerts.some(({ entities }) =>
        entities.some(({ kind, value: own, label }) => `${kind}:${own}` === entity.key && label === recorded),
      );
      return isSame || isOfAlert ? [] : [`${value} of ${fact.id} leads to ${entity.label}, not ${recorded}`];
    });
  });
}

const INVENTED = 520;

test('no name leaves in the packets of 520 invented incidents, whatever people and hosts are called there', {
  timeout: 120_000,
}, () => {
  const incidents = inventedIncidents(INVENTED, 11);
  expect(incidents.flatMap(leaksOf)).toEqual([]);
  expect(incidents.flatMap(wronglyRestored)).toEqual([]);
});

test.skipIf(ALERT_FILES.length === 0)(
  'no name leaves in the packets of real incidents (skipped where ../shared/data is absent)',
  { timeout: 300_000 },
  async () => {
    const incidents = await realIncidents(25);
    expect(incidents.length).toBeGreaterThan(80);
    expect(incidents.flatMap(leaksOf)).toEqual([]);
    expect(incidents.flatMap(wronglyRestored)).toEqual([]);
  },
);

test('nothing of any text leaves but words of our list, wherever in a record it stands', { timeout: 60_000 }, () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.emailAddress(),
    fc.ipV4(),
    fc.ipV6(),
    fc.webUrl(),
    fc.uuid(),
    fc.constantFrom(
      'C:\\Users\\kim',
      'S-1-5-21-1-2-3-500',
      'CONTOSO\\kim',
      'arn:aws:iam::123456789012:root',
      'admin',
      'F1',
      'host',
    ),
  );
  const record = fc.record({ rule: texts, actor: texts, target: texts, host: texts, action: texts, resource: texts });
  const [incident] = inventedIncidents(1, 3);
  if (incident === undefined) throw new Error('one was asked for');
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), records => {
      const alerts = alertsOf(
        records.map(one => ({ ...one, time: '2026-03-02T08:00:00Z', severity: 'high' as const })),
      );
      const withText = alerts.map(alert => ({ ...alert, fields: { ...alert.fields, command_line: alert.title } }));
      const claims = extractClaims(withText).map(claim => ({ ...claim, verdict: { kind: 'verified' as const } }));
      expect(leaksOf({ ...incident, alerts: withText, claims })).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test('texts that are long and odd are read in little time', () => {
  const [incident] = inventedIncidents(1, 3);
  if (incident === undefined) throw new Error('one was asked for');
  for (const unit of ['@', 'a@', ':', '/a', '.', 'a.', '<', 'aA1', 'N1 ', '\\']) {
    const alerts = incident.alerts.map(alert => ({ ...alert, title: unit.repeat(20_000 / unit.length) }));
    const begun = performance.now();
    leaving({ ...incident, alerts });
    expect(performance.now() - begun).toBeLessThan(2_000);
  }
});

test('the scanner finds names of every form where they are not withheld', () => {
  const [incident] = inventedIncidents(1, 3);
  if (incident === undefined) throw new Error('one was asked for');
  const { summary, claims, alerts, options, inventory } = incident;
  const { coverage, gaps } = summary;
  const made = packetOf({
    summary,
    claims,
    alerts,
    gaps,
    coverage,
    options,
    inventory,
    nonce: 'q7',
    namesWithheld: false,
  });
  expect(formsFound(made).join('\n')).toMatch(/an IPv4 address: 203\.0\.113\.\d[\s\S]*a moment: 2026-03-02/);
  expect(namesFound(made.text, namesOf(alerts, inventory))).not.toEqual([]);
});
