import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, each, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, NO_TIME, openDraft, putField, putOutcome, putTime, warn } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { putBehaviours, putEvent } from './event.ts';
import { type Falcon, falconOf } from './form.ts';

function recognise(record: RawRecord): number {
  return falconOf(record.value)?.score ?? 0;
}

/** A word where the record has one, else Falcon's scale of 0 to 100 (Alerts API, `severity`); older events count from 1 to 5. */
function severityOf(falcon: Falcon, text: string | undefined): Severity {
  const word = severityOfWord(text);
  if (word !== 'unknown' || text === undefined || !/^\d{1,3}$/.test(text)) return word;
  const value = Number(text);
  if (value > 100 || falcon.form === 'sensor') return 'unknown';
  if (value <= 5 && falcon.form === 'stream')
    return (['unknown', 'informational', 'low', 'medium', 'high', 'critical'] as const)[value] ?? 'unknown';
  if (value >= 80) return 'critical';
  if (value >= 60) return 'high';
  if (value >= 40) return 'medium';
  return value >= 20 ? 'low' : 'informational';
}

const HAPPENED = [
  'timestamp',
  'ContextTimeStamp',
  'first_behavior',
  'ProcessStartTime',
  'StartTime',
  'UTCTimestamp',
  'StartTimestamp',
];
const RAISED = ['created_timestamp', 'eventCreationTime', 'EventCreationTime'];

function titleOf(falcon: Falcon): string {
  const named = textAt(falcon.first(['display_name', 'name', 'DetectName', 'Name', 'IncidentType', 'OperationName']));
  if (named !== undefined && falcon.form !== 'sensor') return named;
  return textAt(falcon.first(['event_simpleName', 'fdr_event_type', 'eventType', 'ExternalApiType'])) ?? 'Falcon alert';
}

/** What Falcon itself groups: the aggregate of one detection tree, and the incident. */
function linksOf(falcon: Falcon): readonly string[] {
  const links: string[] = [];
  for (const [name, keys] of [
    ['aggregate', ['aggregate_id', 'AggregateId']],
    ['incident', ['incident_id', 'IncidentID']],
  ] as const) {
    const text = textAt(falcon.first(keys));
    if (text !== undefined) links.push(`${name}:${text}`);
  }
  return links;
}

function attackOf(falcon: Falcon): readonly At[] {
  const behaviours = each(falcon.first(['behaviors', 'MitreAttack', 'mitre_attack']));
  const own = ['technique_id', 'technique', 'Technique', 'TechniqueId', 'tactic', 'Tactic'].flatMap(
    key => falcon.first([key]) ?? [],
  );
  return [
    ...own,
    ...behaviours.flatMap(one =>
      ['technique_id', 'technique', 'TechniqueID', 'Technique', 'tactic', 'Tactic'].flatMap(
        key => falcon.below(one, key) ?? [],
      ),
    ),
  ];
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const falcon = falconOf(record.value);
  if (falcon === undefined)
    return fail({ code: 'source.rejected_input', detail: 'no detection, event stream or sensor event of Falcon' });
  const draft = openDraft(record.value);
  const happened = HAPPENED.map(key => falcon.first([key])).find(at => timeAt(at) !== undefined);
  const raised = RAISED.map(key => falcon.first([key])).find(at => timeAt(at) !== undefined);
  const occurredAt = putTime(draft, happened ?? raised);
  if (occurredAt === undefined) warn(draft, NO_TIME);
  const isAlert = falcon.isDetection;
  if (isAlert) putField(draft, 'rule_name', falcon.first(['display_name', 'name', 'DetectName', 'Name']));
  putField(
    draft,
    'severity',
    falcon.first(['severity_name', 'SeverityName', 'max_severity_displayname', 'severity', 'Severity', 'max_severity']),
  );
  putField(
    draft,
    'action',
    falcon.first(['pattern_disposition_description', 'PatternDispositionDescription', 'OperationName']),
  );
  putEvent(draft, falcon);
  putBehaviours(draft, falcon);
  const isDone = falcon.first(['Success']);
  if (typeof isDone?.value === 'boolean') putOutcome(draft, isDone.value ? 'success' : 'failure', isDone);
  const title = (isAlert ? draft.fields.rule_name : undefined) ?? titleOf(falcon);
  const attack = attackOf(falcon);
  return ok(
    closeDraft(draft, {
      source: 'crowdstrike',
      vendorId: textAt(falcon.first(['composite_id', 'CompositeId', 'detection_id', 'DetectId'])),
      product: 'CrowdStrike Falcon',
      vendor: 'CrowdStrike',
      title,
      rule: (isAlert ? textAt(falcon.first(['pattern_id', 'PatternId'])) : undefined) ?? title,
      severity: severityOf(falcon, draft.fields.severity),
      occurredAt,
      reportedAt: timeAt(raised),
      techniques: techniquesAt(...attack),
      tactics: tacticsAt(...attack),
      vendorLinks: linksOf(falcon),
      isAlert,
    }),
  );
}

/** CrowdStrike Falcon: alerts and detections of its API, its event streams, and sensor events of its data replicator. */
export const crowdstrike: Source = { id: 'crowdstrike', title: 'CrowdStrike Falcon', recognise, normalise };
