import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, digFirst, openJson, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { putEntities } from './entities.ts';

function isSecurityAlert(root: At): boolean {
  return dig(root, 'SystemAlertId') !== undefined && (dig(root, 'AlertName') ?? dig(root, 'DisplayName')) !== undefined;
}

/** A member that the workspace writes as an object or as a text that holds one, by the way it was exported. */
function nested(draft: Draft, root: At, key: string): At | undefined {
  const at = dig(root, key);
  const opened = openJson(at);
  if (opened === undefined && textAt(at) !== undefined) warn(draft, `not JSON: ${key}`);
  return opened;
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isSecurityAlert(root)) {
    return fail({ code: 'source.rejected_input', detail: 'no SystemAlertId and name: not a SecurityAlert' });
  }
  const draft = openDraft(record.value);
  const name = digFirst(root, ['AlertName', 'DisplayName']);
  const properties = nested(draft, root, 'ExtendedProperties');
  const occurredAt = putTime(draft, dig(root, 'StartTime'));
  putField(draft, 'rule_name', name);
  putField(draft, 'severity', digFirst(root, ['AlertSeverity', 'Severity']));
  putEntities(draft, nested(draft, root, 'Entities'));
  putEntity(draft, 'cloud_resource', 'target', dig(root, 'ResourceId'));
  const title = textAt(digFirst(root, ['DisplayName', 'AlertName'])) ?? 'SecurityAlert';
  const incident = textAt(dig(properties, 'IncidentId')) ?? textAt(dig(properties, 'ProviderIncidentId'));
  return ok(
    closeDraft(draft, {
      source: 'microsoft',
      vendorId: textAt(dig(root, 'SystemAlertId')),
      product: textAt(digFirst(root, ['ProductName', 'ProviderName'])) ?? 'Microsoft Sentinel',
      vendor: textAt(dig(root, 'VendorName')),
      title,
      rule: textAt(dig(properties, 'DetectorId')) ?? textAt(dig(root, 'AlertName')) ?? title,
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      endedAt: timeAt(dig(root, 'EndTime')),
      reportedAt: timeAt(dig(root, 'TimeGenerated')) ?? timeAt(dig(root, 'ProcessingEndTime')),
      techniques: techniquesAt(dig(root, 'Techniques'), dig(root, 'SubTechniques'), dig(properties, 'MitreTechniques')),
      tactics: tacticsAt(dig(root, 'Tactics'), dig(properties, 'MicrosoftDefenderAtp.Category')),
      vendorLinks: incident === undefined ? [] : [`incident:${incident}`],
      isAlert: true,
    }),
  );
}

/** Microsoft Sentinel and Defender alerts as rows of the SecurityAlert table. */
export const microsoft: Source = {
  id: 'microsoft',
  title: 'Microsoft Sentinel and Defender (SecurityAlert)',
  keys: ['SystemAlertId'],
  recognise: record => (isSecurityAlert(rootOf(record.value)) ? 0.95 : 0),
  normalise,
};
