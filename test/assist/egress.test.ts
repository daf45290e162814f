import { expect, test } from 'vitest';
import { inventedIncidents, type StudiedIncident } from '../../src/cli/interference/incidents.ts';
import { type MadePacket, packetOf } from '../../src/core/study/assist/packet.ts';
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
    const incidents = await realIncidents(40);
    expect(incidents.length).toBeGreaterThan(100);
    expect(incidents.flatMap(leaksOf)).toEqual([]);
    expect(incidents.flatMap(wronglyRestored)).toEqual([]);
  },
);

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
