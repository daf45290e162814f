import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putTime } from '../shared/draft.ts';

/** Suricata's priorities: 1 is the most serious (docs.suricata.io, "EVE JSON format"). */
const SEVERITY: ReadonlyMap<string, Severity> = new Map([
  ['1', 'high'],
  ['2', 'medium'],
  ['3', 'low'],
  ['4', 'informational'],
]);

function isEve(root: At): boolean {
  return textAt(dig(root, 'event_type')) !== undefined && dig(root, 'timestamp') !== undefined;
}

function recognise(record: RawRecord): number {
  const root = rootOf(record.value);
  if (!isEve(root)) return 0;
  const hasFlow = dig(root, 'src_ip') !== undefined || dig(root, 'flow_id') !== undefined;
  return hasFlow || dig(root, 'alert') !== undefined ? 0.9 : 0.3;
}

function putFlow(draft: Draft, root: At): void {
  for (const [field, role, ip, port] of [
    ['src_ip', 'actor', 'src_ip', 'src_port'],
    ['dst_ip', 'target', 'dest_ip', 'dest_port'],
  ] as const) {
    putField(draft, field, dig(root, ip));
    putField(draft, field === 'src_ip' ? 'src_port' : 'dst_port', dig(root, port));
    putEntity(draft, 'ip', role, dig(root, ip));
  }
  putEntity(draft, 'host', 'observer', dig(root, 'host'));
  putField(draft, 'host', dig(root, 'host'));
}

function putApplication(draft: Draft, root: At): void {
  const http = dig(root, 'http');
  putEntity(draft, 'domain', 'target', dig(http, 'hostname'));
  putField(draft, 'domain', dig(http, 'hostname'));
  putField(draft, 'url', dig(http, 'url'));
  const name =
    dig(root, 'dns', 'rrname') ?? dig(root, 'dns', 'query', 0, 'rrname') ?? dig(root, 'dns', 'queries', 0, 'rrname');
  putEntity(draft, 'domain', 'related', name);
  putField(draft, 'domain', name);
  putEntity(draft, 'domain', 'target', dig(root, 'tls', 'sni'));
  putField(draft, 'domain', dig(root, 'tls', 'sni'));
  for (const file of [dig(root, 'fileinfo'), ...each(dig(root, 'files'))]) {
    putEntity(draft, 'file', 'related', dig(file, 'filename'));
    putField(draft, 'file_path', dig(file, 'filename'));
    for (const algorithm of ['sha256', 'sha1', 'md5']) putEntity(draft, 'hash', 'related', dig(file, algorithm));
    putField(draft, 'hash_sha256', dig(file, 'sha256'));
  }
  putField(draft, 'email_from', dig(root, 'email', 'from'));
  putEntity(draft, 'mailbox', 'actor', dig(root, 'email', 'from'));
  for (const to of each(dig(root, 'email', 'to'))) {
    putField(draft, 'email_to', to);
    putEntity(draft, 'mailbox', 'target', to);
  }
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isEve(root)) return fail({ code: 'source.rejected_input', detail: 'no event_type and timestamp: not EVE' });
  const draft = openDraft(record.value);
  const alert = dig(root, 'alert');
  const type = textAt(dig(root, 'event_type')) ?? 'event';
  const occurredAt = putTime(draft, dig(root, 'timestamp'));
  putFlow(draft, root);
  putApplication(draft, root);
  putField(draft, 'rule_name', dig(alert, 'signature'));
  putField(draft, 'severity', dig(alert, 'severity'));
  putField(draft, 'action', dig(alert, 'action') ?? dig(root, 'http', 'http_method'));
  const title = textAt(dig(alert, 'signature')) ?? `Suricata ${type}`;
  const metadata = dig(alert, 'metadata');
  const signature = [dig(alert, 'gid'), dig(alert, 'signature_id')].map(textAt);
  const links = [
    ['flow', textAt(dig(root, 'flow_id'))],
    ['community', textAt(dig(root, 'community_id'))],
  ].flatMap(([name, id]) => (id === undefined ? [] : [`${name}:${id}`]));
  return ok(
    closeDraft(draft, {
      source: 'suricata',
      vendorId: undefined,
      product: 'Suricata',
      vendor: 'OISF',
      title,
      rule: signature.every(part => part !== undefined) ? signature.join(':') : title,
      severity: SEVERITY.get(draft.fields.severity ?? '') ?? 'unknown',
      occurredAt,
      techniques: techniquesAt(dig(metadata, 'mitre_technique_id')),
      tactics: tacticsAt(dig(metadata, 'mitre_tactic_name')),
      vendorLinks: links,
      isAlert: type === 'alert',
    }),
  );
}

/** Suricata EVE JSON: alerts, and the other event types as log events. */
export const suricata: Source = { id: 'suricata', title: 'Suricata EVE', keys: ['event_type'], recognise, normalise };
