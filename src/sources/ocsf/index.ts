import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, openDraft, putField, putOutcome, putTime } from '../shared/draft.ts';
import { severityOfOcsf, severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { putEvidence, putObservables } from './evidence.ts';

function isOcsf(root: At): boolean {
  const uid = Number(textAt(dig(root, 'class_uid')));
  return (
    Number.isInteger(uid) &&
    uid >= 0 &&
    (dig(root, 'metadata') ?? dig(root, 'type_uid') ?? dig(root, 'category_uid')) !== undefined
  );
}

function severityOf(draft: Draft, root: At): Severity {
  const id = textAt(dig(root, 'severity_id'));
  putField(draft, 'severity', dig(root, 'severity'));
  putField(draft, 'severity', dig(root, 'severity_id'));
  const byId = severityOfOcsf(id === undefined ? undefined : Number(id));
  return byId === 'unknown' ? severityOfWord(textAt(dig(root, 'severity'))) : byId;
}

function attacksOf(
  root: At,
  info: At | undefined,
): { readonly techniques: readonly string[]; readonly tactics: readonly string[] } {
  const attacks = [...each(dig(root, 'attacks')), ...each(dig(info, 'attacks'))];
  const tactics = attacks.flatMap(attack => [
    dig(attack, 'tactic', 'name'),
    ...each(dig(attack, 'tactics')).map(one => dig(one, 'name')),
  ]);
  return {
    techniques: techniquesAt(
      ...attacks.flatMap(attack => [dig(attack, 'sub_technique', 'uid'), dig(attack, 'technique', 'uid')]),
    ),
    tactics: tacticsAt(...tactics),
  };
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isOcsf(root)) return fail({ code: 'source.rejected_input', detail: 'no class_uid and metadata: not OCSF' });
  const draft = openDraft(record.value);
  const info = dig(root, 'finding_info') ?? dig(root, 'finding');
  const occurredAt = putTime(draft, dig(root, 'time') ?? dig(root, 'time_dt'));
  const rule = dig(info, 'analytic', 'name') ?? dig(info, 'title');
  putField(draft, 'rule_name', rule);
  putField(draft, 'action', dig(root, 'api', 'operation'));
  putField(draft, 'action', dig(root, 'activity_name'));
  const status = textAt(dig(root, 'status_id'));
  const isFinding = textAt(dig(root, 'category_uid')) === '2' || /^2\d{3}$/.test(textAt(dig(root, 'class_uid')) ?? '');
  // In a finding the status is that of the work on it, not of what was done.
  if (!isFinding && (status === '1' || status === '2')) {
    putOutcome(draft, status === '1' ? 'success' : 'failure', dig(root, 'status_id'));
  }
  putEvidence(draft, root, 0);
  for (const evidence of each(dig(root, 'evidences'))) putEvidence(draft, evidence, 0);
  putObservables(draft, dig(root, 'observables'));
  const severity = severityOf(draft, root);
  const title =
    textAt(dig(info, 'title')) ??
    textAt(dig(root, 'message')) ??
    textAt(dig(root, 'type_name')) ??
    textAt(dig(root, 'class_name')) ??
    'OCSF event';
  return ok(
    closeDraft(draft, {
      source: 'ocsf',
      vendorId: textAt(dig(info, 'uid')) ?? textAt(dig(root, 'metadata', 'uid')),
      product: textAt(dig(root, 'metadata', 'product', 'name')) ?? 'OCSF',
      vendor: textAt(dig(root, 'metadata', 'product', 'vendor_name')),
      title,
      rule: textAt(dig(info, 'analytic', 'uid')) ?? textAt(rule) ?? title,
      severity,
      occurredAt,
      endedAt: timeAt(dig(info, 'last_seen_time') ?? dig(root, 'end_time')),
      reportedAt: timeAt(dig(info, 'created_time') ?? dig(root, 'metadata', 'logged_time')),
      ...attacksOf(root, info),
      isAlert: isFinding,
    }),
  );
}

/** OCSF events: Detection Finding (class 2004), and the other classes as far as they share its objects. */
export const ocsf: Source = {
  id: 'ocsf',
  title: 'OCSF',
  keys: ['class_uid'],
  recognise: record => (isOcsf(rootOf(record.value)) ? 0.97 : 0),
  normalise,
};
