import { describe, expect, test } from 'vitest';
import { asKept } from '../../src/app/offline-alerts.ts';
import { summariseThese } from '../../src/app/offline-summary.ts';
import { namesIn } from '../../src/core/study/names-in.ts';
import { tamperingOf } from '../../src/core/study/tampering.ts';
import { timelineOf } from '../../src/core/study/timeline.ts';
import { type Alert, SEVERITY_RANK } from '../../src/model/alert.ts';
import { TACTICS } from '../../src/model/attack.ts';
import type { Summary } from '../../src/model/claim.ts';
import { dataFile } from './present.ts';
import { readAlerts, readLines, readText } from './read.ts';

/** What people write down of an incident, by its form alone. */
const FACTS: readonly RegExp[] = [
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/g,
  /\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b/gi,
  /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g,
  /\bS-1-5-21(?:-\d+){3,4}\b/g,
  /\bT\d{4}(?:\.\d{3})?\b/g,
  /\b[\w-]+(?:\.[\w-]+)*\.(?:exe|ps1|dll|txt|dit|bat|vbs|zip)\b/gi,
  /\b\d{2}:\d{2}:\d{2}\b/g,
  /\bPID (\d+)\b/g,
  /\b(?:[a-z0-9-]+\.){2,}(?:io|net|com|ovh|co)\b/gi,
];

interface Told {
  readonly name: string;
  readonly alerts: readonly Alert[];
  readonly summary: Summary;
  /** Everything that a reader of the summary's lines sees, in lower case. */
  readonly lines: string;
  /** The same with the timeline. */
  readonly all: string;
  readonly record: string;
}

/** Each incident as its vendor grouped it, told by rules. */
async function told(): Promise<readonly Told[]> {
  const path = dataFile('secrl-alerts/alerts.ndjson') ?? '';
  const items = await readAlerts(path);
  const kept = items.map(asKept);
  const incidentOf = new Map(
    readLines(dataFile('secrl-alerts/labels.ndjson') ?? '').map(row => [String(row['id']), String(row['incident'])]),
  );
  const names = [...new Set(incidentOf.values())].sort();
  return names.map(name => {
    const indexes = [...items.keys()].filter(index => incidentOf.get(items[index]?.name ?? '') === name);
    const alerts = indexes.flatMap(index => kept[index] ?? []);
    const { summary } = summariseThese(items, indexes, kept);
    const lines = linesOf(summary);
    const byId = new Map(alerts.map(alert => [alert.id, alert]));
    const timeline = timelineOf(alerts).map(entry => {
      const alert = byId.get(entry.alert);
      const beside = alert === undefined ? [] : namesIn(alert).map(({ label }) => label);
      return [new Date(entry.time).toISOString(), entry.text, ...beside].join(' ');
    });
    const record = JSON.stringify(indexes.map(index => items[index]?.value));
    return {
      name,
      alerts,
      summary,
      lines: lines.join('\n').toLowerCase(),
      all: [...lines, ...timeline].join('\n').toLowerCase(),
      record: record.toLowerCase(),
    };
  });
}

function linesOf(summary: Summary): readonly string[] {
  const story = summary.story.flatMap(line => [line, ...(line.also ?? [])]);
  return [
    summary.headline.text,
    ...story.map(({ tactics, text }) => `${(tactics ?? []).join(' ')} ${text}`),
    ...summary.entities.map(({ label, role, because }) => `${label} ${role} ${because}`),
    ...summary.missing,
    ...summary.wouldChange,
    ...(summary.joins ?? []).map(({ text }) => text),
  ];
}

function recall(wanted: readonly string[], text: string): { readonly found: number; readonly of: number } {
  const distinct = [...new Set(wanted.map(word => word.toLowerCase()))];
  return { found: distinct.filter(word => text.includes(word)).length, of: distinct.length };
}

const share = ({ found, of }: { readonly found: number; readonly of: number }): number => (of === 0 ? 1 : found / of);

const PARTIES: ReadonlySet<string> = new Set(['user', 'nhi', 'host', 'mailbox', 'ip', 'domain', 'cloud_resource']);

describe('the summary by rules of real incidents (skipped where ../shared/data is absent)', () => {
  const isHere = dataFile('secrl-alerts/alerts.ndjson') !== undefined;

  test.skipIf(!isHere)('tells everything that has to be told, in at most twelve lines', async () => {
    for (const { name, alerts, summary, lines } of await told()) {
      const evidence = new Set(
        summary.story
          .flatMap(line => [line, ...(line.also ?? [])])
          .flatMap(({ citations }) => citations.map(c => c.evidence)),
      );
      const grave = alerts.filter(({ severity }) => SEVERITY_RANK[severity] >= SEVERITY_RANK.high);
      const toldRules = new Set(alerts.filter(alert => evidence.has(alert.evidence)).map(({ rule }) => rule));
      const tampered = alerts.filter(alert => tamperingOf(alert) !== undefined);
      const tactics = TACTICS.filter(tactic => alerts.some(alert => alert.tactics.includes(tactic)));
      const found = recall(tactics, lines);
      process.stdout.write(
        `incident ${name}: ${alerts.length} alerts in ${summary.story.length} lines; grave rules ${new Set(grave.map(a => a.rule)).size}, tampering ${tampered.length}, tactics ${found.found} of ${found.of}\n`,
      );
      expect(summary.story.length).toBeLessThanOrEqual(12);
      expect(grave.filter(({ rule }) => !toldRules.has(rule))).toEqual([]);
      expect(tampered.filter(({ rule }) => !toldRules.has(rule))).toEqual([]);
      expect(share(found)).toBe(1);
    }
  });

  test.skipIf(!isHere)('names at least 95 of 100 people, machines and addresses', async () => {
    for (const { name, alerts, lines, all } of await told()) {
      const labels = alerts.flatMap(({ entities }) =>
        entities.filter(({ kind }) => PARTIES.has(kind)).map(({ label }) => label),
      );
      const [inLines, inAll] = [recall(labels, lines), recall(labels, all)];
      process.stdout.write(
        `incident ${name}: entities ${inLines.found} of ${inLines.of} in the summary, ${inAll.found} with the timeline\n`,
      );
      expect(share(inAll)).toBeGreaterThanOrEqual(0.95);
    }
  });

  test.skipIf(!isHere)('holds four of five facts that a report on it has from its alerts', async () => {
    let [found, of] = [0, 0];
    for (const { name, all, record } of await told()) {
      const path = dataFile(`secrl-alerts/incident_${name}_report.txt`);
      if (path === undefined) continue;
      const report = readText(path);
      const facts = FACTS.flatMap(form =>
        [...report.matchAll(form)].map(match => (match[1] ?? match[0]).toLowerCase()),
      );
      const own = recall(
        facts.filter(fact => record.includes(fact)),
        all,
      );
      process.stdout.write(`incident ${name}: ${own.found} of ${own.of} facts of the report\n`);
      found += own.found;
      of += own.of;
    }
    process.stdout.write(`all reports: ${found} of ${of} facts, ${share({ found, of }).toFixed(3)}\n`);
    expect(share({ found, of })).toBeGreaterThanOrEqual(0.8);
  });
});
