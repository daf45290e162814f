import { fail, ok, type Result } from '../../base/result.ts';
import type { EntityKind, EntityRole, NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, digFirst, each, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, NO_TIME, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { severityOfWord } from '../shared/severity.ts';
import { normaliseIp } from '../shared/values.ts';
import { timeAt } from '../shared/when.ts';

interface Found {
  /** The row of the search: the fields of the notable event. */
  readonly row: At;
  /** What stands around it: the alert action's own keys. */
  readonly root: At;
  readonly score: number;
}

/** Fields that Enterprise Security adds to a notable event. One alone could be anybody's. */
const NOTABLE_KEYS = [
  'urgency',
  'event_id',
  'orig_sourcetype',
  'orig_source',
  'security_domain',
  'drilldown_search',
  'risk_object',
  'owner',
  'info_search_time',
  'notable_type',
];

const NOTABLE_KEYS_MIN = 2;

/** A notable event, or an alert action's wrapper (webhook) around a row of its search. */
function foundIn(value: unknown): Found | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const root = rootOf(value);
  const result = dig(root, 'result');
  const isRow = typeof result?.value === 'object' && !Array.isArray(result.value);
  if (result !== undefined && isRow && (dig(root, 'sid') ?? dig(root, 'search_name')) !== undefined)
    return { row: result, root, score: dig(root, 'sid') === undefined ? 0.8 : 0.95 };
  const isNotable = textAt(dig(root, 'event_id') ?? dig(root, 'rule_id'))?.includes('@@notable@@') === true;
  if (isNotable) return { row: root, root, score: 0.97 };
  const named = digFirst(root, ['search_name', 'rule_name', 'rule_title']);
  if (textAt(named) === undefined || (dig(root, '_time') ?? dig(root, 'event_id')) === undefined) return undefined;
  const count = NOTABLE_KEYS.filter(key => Object.hasOwn(value, key)).length;
  if (count >= NOTABLE_KEYS_MIN) return { row: root, root, score: 0.88 };
  return undefined;
}

/** Members of a field of several values: a list, or lines. */
function values(at: At | undefined): readonly At[] {
  return each(at).flatMap(one =>
    typeof one.value === 'string' && one.value.includes('\n')
      ? one.value.split('\n', VALUES_MAX).map(text => ({ ...one, value: text }))
      : [one],
  );
}

const VALUES_MAX = 64;

/** The Common Information Model lets `src` and `dest` hold an address or a name. */
function putSystem(draft: Draft, at: At | undefined, role: EntityRole, field: 'src_ip' | 'dst_ip'): void {
  for (const one of values(at)) {
    const text = textAt(one);
    if (text === undefined) continue;
    if (normaliseIp(text) !== undefined) {
      putField(draft, field, one);
      putEntity(draft, 'ip', role, one);
    } else {
      putEntity(draft, 'host', role, one);
      if (field === 'dst_ip') putField(draft, 'host', one);
    }
  }
}

function putUser(draft: Draft, at: At | undefined, role: EntityRole): void {
  for (const one of values(at)) putIdentity(draft, role, one);
}

/** Risk objects say of what kind they are: `user`, `system` or another. */
function putRisk(draft: Draft, row: At): void {
  const type = textAt(values(dig(row, 'risk_object_type'))[0]);
  if (type === 'user') putUser(draft, dig(row, 'risk_object'), 'actor');
  if (type === 'system') putSystem(draft, dig(row, 'risk_object'), 'target', 'dst_ip');
  const threatType = textAt(values(dig(row, 'threat_object_type'))[0]);
  const kind: EntityKind | undefined = THREAT_KINDS.get(threatType ?? '');
  if (kind !== undefined) for (const one of values(dig(row, 'threat_object'))) putEntity(draft, kind, 'related', one);
}

const THREAT_KINDS: ReadonlyMap<string, EntityKind> = new Map([
  ['ip_address', 'ip'],
  ['domain', 'domain'],
  ['url', 'url'],
  ['file_hash', 'hash'],
  ['file_name', 'file'],
  ['process_name', 'process'],
  ['process', 'command_line'],
]);

/** Fields of the Common Information Model (docs.splunk.com), as a correlation search carries them into its row. */
function putModel(draft: Draft, row: At): void {
  for (const key of ['src_ip', 'src']) putSystem(draft, dig(row, key), 'actor', 'src_ip');
  for (const key of ['dest_ip', 'dest']) putSystem(draft, dig(row, key), 'target', 'dst_ip');
  putSystem(draft, digFirst(row, ['dvc', 'orig_host']), 'observer', 'dst_ip');
  putField(draft, 'src_port', dig(row, 'src_port'));
  putField(draft, 'dst_port', dig(row, 'dest_port'));
  const source = dig(row, 'src_user');
  putUser(draft, source, 'actor');
  putUser(draft, dig(row, 'user'), textAt(source) === undefined ? 'actor' : 'target');
  const program = digFirst(row, ['process_path', 'process_name']);
  putField(draft, 'process', program);
  putEntity(draft, 'process', 'actor', program);
  putField(draft, 'command_line', dig(row, 'process'));
  putEntity(draft, 'command_line', 'actor', dig(row, 'process'));
  putEntity(draft, 'process', 'related', digFirst(row, ['parent_process_path', 'parent_process_name']));
  const file = digFirst(row, ['file_path', 'file_name']);
  putField(draft, 'file_path', file);
  putEntity(draft, 'file', 'target', file);
  for (const key of ['file_hash', 'process_hash']) for (const one of values(dig(row, key))) putHash(draft, one);
  putField(draft, 'url', dig(row, 'url'));
  putEntity(draft, 'url', 'related', dig(row, 'url'));
  for (const one of values(dig(row, 'query'))) putEntity(draft, 'domain', 'related', one);
  putField(draft, 'action', dig(row, 'action'));
}

/** A hash alone, or the pairs that Sysmon writes. */
function putHash(draft: Draft, at: At): void {
  const text = (textAt(at) ?? '').slice(0, HASHES_CHARS_MAX);
  for (const match of text.matchAll(/\b(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})\b/g)) {
    putEntity(draft, 'hash', 'related', at, { part: match[0] });
    if (match[0].length === 64) putField(draft, 'hash_sha256', at, match[0]);
  }
}

const HASHES_CHARS_MAX = 1_024;

/** Enterprise Security names its searches `Domain - Title - Rule`. */
function titleOf(name: string | undefined): string {
  if (name === undefined) return 'Splunk alert';
  return /^[A-Za-z]{1,32} - (.+) - Rule$/.exec(name)?.[1] ?? name;
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const found = foundIn(record.value);
  if (found === undefined)
    return fail({ code: 'source.rejected_input', detail: 'no notable event and no result of an alert action' });
  const { row, root } = found;
  const draft = openDraft(record.value);
  const raised = dig(row, '_time');
  const original = dig(row, 'orig_time');
  const happened = timeAt(original) === undefined ? raised : original;
  const occurredAt = timeAt(happened) === undefined ? undefined : putTime(draft, happened);
  if (occurredAt === undefined) warn(draft, NO_TIME);
  const search = digFirst(row, ['search_name', 'source']);
  const name = [dig(row, 'rule_title'), dig(row, 'rule_name'), dig(root, 'search_name'), search].find(
    at => textAt(at) !== undefined,
  );
  putField(draft, 'rule_name', name);
  for (const key of ['urgency', 'severity', 'rule_severity']) putField(draft, 'severity', values(dig(row, key))[0]);
  putModel(draft, row);
  putRisk(draft, row);
  const attack = [
    'annotations.mitre_attack',
    'annotations.mitre_attack.mitre_technique_id',
    'mitre_technique_id',
    'annotations.mitre_attack.mitre_tactic',
    'annotations',
    'annotations._all',
  ].flatMap(key => values(dig(row, key)));
  const id = [dig(row, 'event_id'), dig(row, 'rule_id')].map(textAt).find(text => text?.includes('@@notable@@'));
  const ruleName = textAt(dig(row, 'search_name')) ?? textAt(dig(root, 'search_name')) ?? textAt(name);
  return ok(
    closeDraft(draft, {
      source: 'splunk',
      // A search's id is shared by all its results.
      vendorId: id,
      product: id === undefined && dig(row, 'urgency') === undefined ? 'Splunk' : 'Splunk Enterprise Security',
      vendor: 'Splunk',
      title: titleOf(textAt(name)),
      rule: ruleName ?? 'Splunk alert',
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      reportedAt: timeAt(raised),
      techniques: techniquesAt(...attack),
      tactics: tacticsAt(...attack),
      isAlert: true,
    }),
  );
}

/** Splunk: notable events of Enterprise Security, risk notables, and what an alert's webhook sends. */
export const splunk: Source = {
  id: 'splunk',
  title: 'Splunk notable events and alerts',
  keys: ['result', 'event_id', 'rule_id', 'search_name', 'rule_name', 'rule_title'],
  recognise: record => foundIn(record.value)?.score ?? 0,
  normalise,
};
