import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, NO_TIME, openDraft, putField, putOutcome, putTime, warn } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { type Document, documentOf, find } from './document.ts';
import { putEcs } from './ecs.ts';

/** Keys of which a detection alert has one, as `.alerts-security` and, before 8.0, `.siem-signals` write them. */
const ALERT_KEYS = ['kibana.alert.rule.name', 'kibana.alert.uuid', 'signal.rule.name'];

const EVENT_KEYS = ['event.kind', 'event.category', 'event.action', 'event.dataset', 'event.code'];

const TOP_KEYS = ['event', 'kibana', 'signal', 'kibana.alert', 'kibana.alert.rule', ...ALERT_KEYS, ...EVENT_KEYS];

function isAlert(document: Document): boolean {
  return ALERT_KEYS.some(key => find(document.body, key) !== undefined);
}

function isEcs(document: Document): boolean {
  if (find(document.body, '@timestamp') === undefined) return false;
  const hasEvent = EVENT_KEYS.some(key => find(document.body, key) !== undefined);
  return hasEvent && (find(document.body, 'ecs.version') ?? find(document.body, 'event.kind')) !== undefined;
}

function recognise(record: RawRecord): number {
  const { value } = record;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 0;
  const document = documentOf(value);
  const own = document.body.value;
  // Most records are of other products, and have none of these at their top.
  if (typeof own !== 'object' || own === null || !TOP_KEYS.some(key => Object.hasOwn(own, key))) return 0;
  if (isAlert(document)) return 0.98;
  return isEcs(document) ? 0.6 : 0;
}

/** The rule's own mapping to ATT&CK, and what the event itself states. */
function attackOf(document: Document): readonly At[] {
  const found: At[] = [];
  for (const name of [
    'kibana.alert.rule.threat',
    'kibana.alert.rule.parameters.threat',
    'signal.rule.threat',
    'threat',
  ])
    for (const threat of document.all(name)) {
      for (const tactic of each(dig(threat, 'tactic'))) push(found, dig(tactic, 'name'));
      for (const technique of each(dig(threat, 'technique'))) {
        for (const id of each(dig(technique, 'id'))) push(found, id);
        for (const sub of each(dig(technique, 'subtechnique'))) for (const id of each(dig(sub, 'id'))) push(found, id);
      }
    }
  for (const name of [
    'threat.technique.id',
    'threat.technique.subtechnique.id',
    'threat.tactic.name',
    'threat.tactic.id',
  ])
    found.push(...document.all(name));
  return found;
}

function push(list: At[], at: At | undefined): void {
  if (at !== undefined) list.push(at);
}

const ANCESTORS_MAX = 8;

/** Alerts that one sequence made, and alerts of several rules on one event. */
function linksOf(document: Document): readonly string[] {
  const links = new Set<string>();
  const group = textAt(document.get('kibana.alert.group.id') ?? document.get('signal.group.id'));
  if (group !== undefined) links.add(`group:${group}`);
  for (const ancestor of document.all('kibana.alert.ancestors').slice(0, ANCESTORS_MAX)) {
    const id = textAt(dig(ancestor, 'id'));
    if (id !== undefined) links.add(`event:${id}`);
  }
  return [...links];
}

function productOf(document: Document, alert: boolean): string {
  if (alert) return 'Elastic Security';
  const named = document.get('observer.product') ?? document.get('event.module') ?? document.get('event.dataset');
  return textAt(named) ?? 'Elastic Common Schema';
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const document = documentOf(record.value);
  const alert = isAlert(document);
  if (!alert && !isEcs(document))
    return fail({ code: 'source.rejected_input', detail: 'no rule of a detection and no ECS event' });
  const { get } = document;
  const draft = openDraft(record.value);
  const stamp = get('@timestamp');
  const original = get('kibana.alert.original_time') ?? get('signal.original_time');
  const occurredAt = putTime(draft, timeAt(original) === undefined ? stamp : original);
  if (occurredAt === undefined) warn(draft, NO_TIME);
  const name = get('kibana.alert.rule.name') ?? get('signal.rule.name') ?? get('rule.name');
  putField(draft, 'rule_name', name);
  for (const key of [
    'kibana.alert.severity',
    'signal.rule.severity',
    'kibana.alert.rule.severity',
    'event.severity',
    'log.level',
  ])
    putField(draft, 'severity', get(key));
  putField(draft, 'action', get('event.action'));
  const outcome = textAt(get('event.outcome'));
  if (outcome === 'success' || outcome === 'failure') putOutcome(draft, outcome, get('event.outcome'));
  putEcs(draft, document);
  const title = textAt(name) ?? textAt(get('event.action')) ?? textAt(get('event.dataset')) ?? 'ECS event';
  const rule = [
    'kibana.alert.rule.rule_id',
    'kibana.alert.rule.uuid',
    'signal.rule.rule_id',
    'signal.rule.id',
    'rule.id',
  ];
  const attack = attackOf(document);
  return ok(
    closeDraft(draft, {
      source: 'elastic',
      vendorId: textAt(get('kibana.alert.uuid')) ?? textAt(dig(document.root, '_id')) ?? textAt(get('event.id')),
      product: productOf(document, alert),
      vendor: alert ? 'Elastic' : textAt(get('observer.vendor')),
      title,
      rule: rule.map(key => textAt(get(key))).find(text => text !== undefined) ?? title,
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      reportedAt: alert ? timeAt(stamp) : timeAt(get('event.created')),
      techniques: techniquesAt(...attack),
      tactics: tacticsAt(...attack),
      vendorLinks: linksOf(document),
      isAlert: alert || textAt(get('event.kind')) === 'alert',
    }),
  );
}

/** Elastic Security's detection alerts, and events in the Elastic Common Schema. */
export const elastic: Source = { id: 'elastic', title: 'Elastic Security and ECS', recognise, normalise };
