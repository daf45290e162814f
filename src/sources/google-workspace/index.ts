import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { rootOf } from '../shared/at.ts';
import { openDraft } from '../shared/draft.ts';
import { isActivity, readActivity } from './activity.ts';
import { isAlert, readAlert } from './alert-center.ts';

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  const draft = openDraft(record.value);
  if (isActivity(root)) return ok(readActivity(draft, root));
  if (isAlert(root)) return ok(readAlert(draft, root));
  return fail({
    code: 'source.rejected_input',
    detail: 'no activity of the Reports API and no alert of the Alert Center',
  });
}

/** Google Workspace: activities of the Reports API as log events, and alerts of the Alert Center. */
export const googleWorkspace: Source = {
  id: 'google-workspace',
  title: 'Google Workspace (audit activities, Alert Center)',
  keys: ['kind', 'id', 'alertId'],
  recognise: record => {
    const root = rootOf(record.value);
    return isActivity(root) ? 0.95 : isAlert(root) ? 0.9 : 0;
  },
  normalise,
};
