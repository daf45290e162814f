import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, openDraft, putField, putTime } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { putEvidence } from './evidence.ts';

/** Products that alerts of Graph come from, by `serviceSource`; a value that is not listed names itself. */
const PRODUCTS: ReadonlyMap<string, string> = new Map([
  ['microsoftDefenderForEndpoint', 'Microsoft Defender for Endpoint'],
  ['microsoftDefenderForIdentity', 'Microsoft Defender for Identity'],
  ['microsoftDefenderForCloudApps', 'Microsoft Defender for Cloud Apps'],
  ['microsoftDefenderForOffice365', 'Microsoft Defender for Office 365'],
  ['microsoft365Defender', 'Microsoft Defender XDR'],
  ['azureAdIdentityProtection', 'Microsoft Entra ID Protection'],
  ['microsoftAppGovernance', 'Microsoft App Governance'],
  ['dataLossPrevention', 'Microsoft Purview Data Loss Prevention'],
  ['microsoftDefenderForCloud', 'Microsoft Defender for Cloud'],
  ['microsoftSentinel', 'Microsoft Sentinel'],
]);

function isAlert(root: At): boolean {
  if (textAt(dig(root, '@odata.type')) === '#microsoft.graph.security.alert') return true;
  return dig(root, 'serviceSource') !== undefined && dig(root, 'createdDateTime') !== undefined;
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isAlert(root)) {
    return fail({ code: 'source.rejected_input', detail: 'no serviceSource and createdDateTime: not a Graph alert' });
  }
  const draft = openDraft(record.value);
  const first = dig(root, 'firstActivityDateTime');
  const occurredAt = putTime(draft, first ?? dig(root, 'createdDateTime'));
  putField(draft, 'rule_name', dig(root, 'title'));
  putField(draft, 'severity', dig(root, 'severity'));
  putEvidence(draft, dig(root, 'evidence'));
  const title = textAt(dig(root, 'title')) ?? 'Microsoft Graph alert';
  const service = textAt(dig(root, 'serviceSource'));
  const incident = textAt(dig(root, 'incidentId'));
  return ok(
    closeDraft(draft, {
      source: 'microsoft-graph',
      vendorId: textAt(dig(root, 'id')),
      product: PRODUCTS.get(service ?? '') ?? textAt(dig(root, 'productName')) ?? service ?? 'Microsoft Graph',
      vendor: 'Microsoft',
      title,
      rule: textAt(dig(root, 'detectorId')) ?? textAt(dig(root, 'alertPolicyId')) ?? title,
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      endedAt: timeAt(dig(root, 'lastActivityDateTime')),
      reportedAt: timeAt(dig(root, 'createdDateTime')),
      techniques: techniquesAt(dig(root, 'mitreTechniques')),
      tactics: tacticsAt(dig(root, 'category'), dig(root, 'categories')),
      vendorLinks: incident === undefined ? [] : [`incident:${incident}`],
      isAlert: true,
    }),
  );
}

/** Alerts of Microsoft Graph security (`alerts_v2`): Defender, Entra ID Protection, Purview and what else reports there. */
export const microsoftGraph: Source = {
  id: 'microsoft-graph',
  title: 'Microsoft Graph security alerts (alerts_v2)',
  keys: ['@odata.type', 'serviceSource'],
  recognise: record => (isAlert(rootOf(record.value)) ? 0.95 : 0),
  normalise,
};
