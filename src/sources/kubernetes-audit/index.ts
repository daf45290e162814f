import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { putAddress } from '../shared/address.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putOutcome, putTime } from '../shared/draft.ts';
import { timeAt } from '../shared/when.ts';
import { putUsers } from './identity.ts';

function isEvent(root: At): boolean {
  if (textAt(dig(root, 'kind')) !== 'Event') return false;
  if (textAt(dig(root, 'apiVersion'))?.startsWith('audit.k8s.io/') === true) return true;
  return dig(root, 'verb') !== undefined && (dig(root, 'objectRef') ?? dig(root, 'requestURI')) !== undefined;
}

/** The first address is the client's as it says itself through proxies; what follows are the proxies. */
function putSources(draft: Draft, list: At | undefined): void {
  each(list).forEach((address, index) => {
    putAddress(draft, address, index === 0 ? 'actor' : 'related');
  });
}

/** A name is unique only within its namespace and kind. The record does not say of which cluster. */
function putObject(draft: Draft, object: At | undefined): void {
  const name = dig(object, 'name');
  const text = textAt(name);
  const kind = textAt(dig(object, 'resource'));
  if (text === undefined || kind === undefined) return;
  const space = textAt(dig(object, 'namespace'));
  if (kind === 'nodes') {
    putEntity(draft, 'host', 'target', name, { vendorId: textAt(dig(object, 'uid')) });
  } else if (kind === 'serviceaccounts' && space !== undefined) {
    const value = `system:serviceaccount:${space}:${text}`.toLowerCase();
    putEntity(draft, 'nhi', 'target', name, { value, machine: 'service_account' });
  } else {
    const value = [space, kind, text].filter(part => part !== undefined).join('/');
    putEntity(draft, 'cloud_resource', 'target', name, { value, vendorId: textAt(dig(object, 'uid')) });
  }
}

/** The HTTP status of the answer; an answer that is still to come has none. */
function putResult(draft: Draft, root: At): void {
  const code = dig(root, 'responseStatus', 'code');
  const text = textAt(code);
  if (text !== undefined && /^\d{3}$/.test(text)) {
    putOutcome(draft, Number(text) < 400 ? 'success' : 'failure', code);
    return;
  }
  const decision = dig(root, 'annotations', 'authorization.k8s.io/decision');
  if (textAt(decision) === 'forbid') putOutcome(draft, 'failure', decision);
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isEvent(root)) {
    return fail({ code: 'source.rejected_input', detail: 'no Event of audit.k8s.io: not a Kubernetes audit log' });
  }
  const draft = openDraft(record.value);
  const object = dig(root, 'objectRef');
  const received = dig(root, 'requestReceivedTimestamp');
  const occurredAt = putTime(draft, received ?? dig(root, 'stageTimestamp'));
  putField(draft, 'action', dig(root, 'verb'));
  putResult(draft, root);
  putUsers(draft, root);
  putSources(draft, dig(root, 'sourceIPs'));
  putObject(draft, object);
  const verb = textAt(dig(root, 'verb')) ?? 'request';
  const kind = [textAt(dig(object, 'resource')), textAt(dig(object, 'subresource'))].filter(part => part !== undefined);
  const what = kind.length === 0 ? 'the API' : kind.join('/');
  const audit = textAt(dig(root, 'auditID'));
  const stage = textAt(dig(root, 'stage'));
  const where = [textAt(dig(object, 'namespace')), textAt(dig(object, 'name'))].filter(part => part !== undefined);
  return ok(
    closeDraft(draft, {
      source: 'kubernetes-audit',
      // One request is logged once for each stage that it reaches.
      vendorId: audit === undefined ? undefined : [audit, stage].filter(part => part !== undefined).join(':'),
      product: 'Kubernetes audit log',
      vendor: 'Kubernetes',
      title: where.length === 0 ? `${verb} ${what}` : `${verb} ${what} ${where.join('/')}`,
      rule: `${verb} ${what}`,
      severity: 'unknown',
      occurredAt,
      reportedAt: timeAt(dig(root, 'stageTimestamp')),
      vendorLinks: audit === undefined ? [] : [`request:${audit}`],
      isAlert: false,
    }),
  );
}

/** Events of the Kubernetes audit log (audit.k8s.io), also as managed clusters export them. */
export const kubernetesAudit: Source = {
  id: 'kubernetes-audit',
  title: 'Kubernetes audit log',
  keys: ['kind'],
  recognise: record => {
    const root = rootOf(record.value);
    if (!isEvent(root)) return 0;
    return dig(root, 'apiVersion') === undefined ? 0.7 : 0.96;
  },
  normalise,
};
