import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { digFirst, rootOf } from '../shared/at.ts';
import { openDraft } from '../shared/draft.ts';
import { isAudit, readAudit } from './audit.ts';
import { isDelivery, readDelivery } from './delivery.ts';
import { alertOf, readScanning } from './scanning.ts';

function recognise(record: RawRecord): number {
  const root = rootOf(record.value);
  if (isAudit(root)) return digFirst(root, ['_document_id', '@timestamp', 'created_at']) !== undefined ? 0.93 : 0.6;
  if (alertOf(root) !== undefined) return 0.9;
  return isDelivery(root) ? 0.85 : 0;
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  const draft = openDraft(record.value);
  if (isAudit(root)) return ok(readAudit(draft, root));
  const found = alertOf(root);
  if (found !== undefined) return ok(readScanning(draft, root, found.feature, found.alert));
  if (isDelivery(root)) return ok(readDelivery(draft, root));
  return fail({ code: 'source.rejected_input', detail: 'no audit entry, scanning alert or webhook of GitHub' });
}

/** GitHub: the audit log, alerts of secret scanning, code scanning and Dependabot, and other webhooks as log events. */
export const github: Source = {
  id: 'github',
  title: 'GitHub (audit log, secret and code scanning, Dependabot)',
  recognise,
  normalise,
};
