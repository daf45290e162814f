import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, digFirst, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, NO_TIME, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { normaliseIp, splitEndpoint } from '../shared/values.ts';
import { timeAt } from '../shared/when.ts';

function isAlert(root: At): boolean {
  return (
    textAt(dig(root, 'labels', 'alertname')) !== undefined &&
    dig(root, 'startsAt') !== undefined &&
    (dig(root, 'fingerprint') !== undefined || dig(root, 'generatorURL') !== undefined)
  );
}

/** `instance` is what was scraped: `web-1:9100`, an address, or a URL of which nothing is taken. */
function putInstance(draft: Draft, at: At | undefined): void {
  const text = textAt(at);
  if (at === undefined || text === undefined || text.includes('/')) return;
  const part = splitEndpoint(text)?.ip ?? /^([^:\s]{1,253}):\d{1,5}$/.exec(text)?.[1] ?? text;
  const isAddress = normaliseIp(part) !== undefined;
  putEntity(draft, isAddress ? 'ip' : 'host', 'target', at, { part });
  putField(draft, 'host', at, part);
}

/** Labels that Kubernetes' own exporters define (kube-state-metrics, cAdvisor). */
function putWorkload(draft: Draft, labels: At | undefined): void {
  const node = digFirst(labels, ['node', 'nodename']);
  putEntity(draft, 'host', 'target', node);
  putField(draft, 'host', node);
  const space = textAt(dig(labels, 'namespace'));
  const pod = dig(labels, 'pod');
  const name = textAt(pod);
  if (space === undefined || name === undefined) return;
  putEntity(draft, 'cloud_resource', 'target', pod, { value: `${space}/${name}` });
}

/** An end in the year 1 is Go's zero time: the alert still fires. */
function endOf(root: At): ReturnType<typeof timeAt> {
  const at = dig(root, 'endsAt');
  return textAt(at)?.startsWith('0001-') === true ? undefined : timeAt(at);
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isAlert(root))
    return fail({ code: 'source.rejected_input', detail: 'no labels.alertname, startsAt and fingerprint' });
  const draft = openDraft(record.value);
  const labels = dig(root, 'labels');
  const occurredAt = putTime(draft, dig(root, 'startsAt'));
  if (occurredAt === undefined) warn(draft, NO_TIME);
  const name = dig(labels, 'alertname');
  putField(draft, 'rule_name', name);
  putField(draft, 'severity', dig(labels, 'severity'));
  const status = dig(root, 'status');
  putField(draft, 'action', dig(status, 'state') ?? status);
  putInstance(draft, dig(labels, 'instance'));
  putWorkload(draft, labels);
  const summary = textAt(digFirst(dig(root, 'annotations'), ['summary', 'title', 'message']));
  return ok(
    closeDraft(draft, {
      source: 'alertmanager',
      // Of the labels: an alert that fires again, or is resolved, is a newer version of the one before.
      vendorId: textAt(dig(root, 'fingerprint')),
      product: 'Alertmanager',
      vendor: 'Prometheus',
      title: summary ?? textAt(name) ?? 'Prometheus alert',
      rule: textAt(name) ?? 'Prometheus alert',
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      endedAt: endOf(root),
      isAlert: true,
    }),
  );
}

/** Alerts of Prometheus Alertmanager: the elements of a webhook of version 4, and those of its API. */
export const alertmanager: Source = {
  id: 'alertmanager',
  title: 'Prometheus Alertmanager',
  keys: ['startsAt'],
  recognise: record => (isAlert(rootOf(record.value)) ? 0.9 : 0),
  normalise,
};
