import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt } from '../shared/attack.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { putActivity } from './activity.ts';
import { putResources } from './resources.ts';

function isFinding(at: At | undefined): boolean {
  return (
    dig(at, 'ProductArn') !== undefined &&
    dig(at, 'AwsAccountId') !== undefined &&
    (dig(at, 'GeneratorId') ?? dig(at, 'SchemaVersion')) !== undefined
  );
}

/** The findings of a record: EventBridge wraps them in `detail.findings`, an import in `Findings`. */
function findingsOf(root: At): readonly At[] {
  if (isFinding(root)) return [root];
  const list = dig(root, 'detail', 'findings') ?? dig(root, 'Findings');
  return list === undefined ? [] : each(list).filter(isFinding);
}

/** Bands of `Severity.Normalized` (AWS Security Finding Format): 0, 1–39, 40–69, 70–89, 90–100. */
function severityOfScore(text: string | undefined): Severity {
  const score = text === undefined || !/^\d{1,3}$/.test(text) ? undefined : Number(text);
  if (score === undefined || score > 100) return 'unknown';
  if (score >= 90) return 'critical';
  if (score >= 70) return 'high';
  if (score >= 40) return 'medium';
  return score > 0 ? 'low' : 'informational';
}

/** The label, which a person may have changed, before that of the product and before the number. */
function putSeverity(draft: Draft, finding: At): Severity {
  const label = dig(finding, 'Severity', 'Label') ?? dig(finding, 'FindingProviderFields', 'Severity', 'Label');
  const score = dig(finding, 'Severity', 'Normalized');
  putField(draft, 'severity', label);
  putField(draft, 'severity', score);
  const word = severityOfWord(textAt(label));
  return word === 'unknown' ? severityOfScore(textAt(score)) : word;
}

/** `namespace/category/classifier`, by the taxonomy of the format. */
function typesOf(finding: At): readonly At[] {
  const own = each(dig(finding, 'Types'));
  return own.length > 0 ? own : each(dig(finding, 'FindingProviderFields', 'Types'));
}

/** The category of a type in the namespace TTPs is the tactic. */
function tacticsOf(types: readonly At[]): readonly string[] {
  return tacticsAt(
    ...types.map(at => {
      const [space, category] = (textAt(at) ?? '').split('/');
      return space === 'TTPs' && category !== undefined ? { value: category, pointer: at.pointer } : undefined;
    }),
  );
}

/** A check says how things were when it last ran; anything else says when something was seen first. */
function happenedAt(finding: At, types: readonly At[]): At | undefined {
  const isCheck =
    types.length > 0 && types.every(at => textAt(at)?.startsWith('Software and Configuration Checks') === true);
  const keys = isCheck ? ['UpdatedAt', 'LastObservedAt'] : ['FirstObservedAt'];
  const places = [...keys, 'CreatedAt', 'UpdatedAt'].map(key => dig(finding, key));
  return places.find(place => timeAt(place) !== undefined) ?? places.find(place => place !== undefined);
}

/** The finding's own id among them, so that the one that is named meets the one that names it. */
function linksOf(finding: At): readonly string[] {
  const related = each(dig(finding, 'RelatedFindings')).map(one => textAt(dig(one, 'Id')));
  const ids = [textAt(dig(finding, 'Id')), ...related].filter(id => id !== undefined);
  return [...new Set(ids)].map(id => `finding:${id}`);
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const [finding, ...more] = findingsOf(rootOf(record.value));
  if (finding === undefined) {
    return fail({ code: 'source.rejected_input', detail: 'no ProductArn, AwsAccountId and GeneratorId: not ASFF' });
  }
  const draft = openDraft(record.value);
  if (more.length > 0) warn(draft, `${more.length} more findings of this record are not read`);
  const types = typesOf(finding);
  const occurredAt = putTime(draft, happenedAt(finding, types));
  putField(draft, 'rule_name', dig(finding, 'Title'));
  const severity = putSeverity(draft, finding);
  putResources(draft, finding);
  putActivity(draft, finding);
  putEntity(draft, 'cloud_account', 'related', dig(finding, 'AwsAccountId'));
  const title = textAt(dig(finding, 'Title')) ?? textAt(types[0]) ?? 'Security Hub finding';
  // A product such as GuardDuty has one generator for all that it finds: the type tells its findings apart.
  const generator = textAt(dig(finding, 'GeneratorId'));
  const type = textAt(types[0]);
  return ok(
    closeDraft(draft, {
      source: 'security-hub',
      vendorId: textAt(dig(finding, 'Id')),
      product: textAt(dig(finding, 'ProductName')) ?? 'AWS Security Hub',
      vendor: textAt(dig(finding, 'CompanyName')) ?? 'AWS',
      title,
      rule: [generator, type].filter(part => part !== undefined).join(' ') || title,
      severity,
      occurredAt,
      endedAt: timeAt(dig(finding, 'LastObservedAt')),
      reportedAt: timeAt(dig(finding, 'UpdatedAt')) ?? timeAt(dig(finding, 'CreatedAt')),
      tactics: tacticsOf(types),
      vendorLinks: linksOf(finding),
      isAlert: true,
    }),
  );
}

/** Findings in the AWS Security Finding Format, alone or as EventBridge carries them. */
export const securityHub: Source = {
  id: 'security-hub',
  title: 'AWS Security Hub (ASFF)',
  recognise: record => (findingsOf(rootOf(record.value)).length === 0 ? 0 : 0.96),
  normalise,
};
