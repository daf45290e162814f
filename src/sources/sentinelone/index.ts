import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, NO_TIME, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';

/** A threat (`threatInfo`), or an alert of a custom rule (`alertInfo` with `ruleInfo`). */
function kindOf(root: At): 'threat' | 'rule' | undefined {
  const hasAgent = (dig(root, 'agentRealtimeInfo') ?? dig(root, 'agentDetectionInfo')) !== undefined;
  if (dig(root, 'threatInfo') !== undefined && (hasAgent || dig(root, 'threatInfo', 'threatId') !== undefined))
    return 'threat';
  return dig(root, 'alertInfo', 'alertId') !== undefined && dig(root, 'ruleInfo') !== undefined ? 'rule' : undefined;
}

/** Webhooks and exports of one threat wrap it in `data`. */
function threatOf(value: unknown): At {
  const root = rootOf(value);
  const data = dig(root, 'data');
  return data !== undefined && kindOf(root) === undefined && kindOf(data) !== undefined ? data : root;
}

function putAgent(draft: Draft, root: At): void {
  const now = dig(root, 'agentRealtimeInfo');
  const then = dig(root, 'agentDetectionInfo');
  const name = dig(now, 'agentComputerName') ?? dig(now, 'name') ?? dig(then, 'name');
  const id =
    dig(now, 'agentUuid') ?? dig(then, 'agentUuid') ?? dig(now, 'uuid') ?? dig(now, 'agentId') ?? dig(now, 'id');
  putEntity(draft, 'host', 'target', name, { vendorId: textAt(id) });
  putField(draft, 'host', name);
  for (const key of ['agentIpV4', 'agentIpV6'])
    for (const part of (textAt(dig(then, key)) ?? '').split(',', ADDRESSES_MAX))
      putEntity(draft, 'ip', 'related', dig(then, key), { part: part.trim() });
  putIdentity(draft, 'related', dig(then, 'agentLastLoggedInUpn') ?? dig(then, 'agentLastLoggedInUserName'));
}

const ADDRESSES_MAX = 16;

function putHashes(draft: Draft, from: At | undefined, keys: readonly string[]): void {
  for (const key of keys) {
    const at = dig(from, key);
    putEntity(draft, 'hash', 'related', at);
    if (textAt(at)?.length === 64) putField(draft, 'hash_sha256', at);
  }
}

function putThreat(draft: Draft, info: At | undefined): void {
  putField(draft, 'rule_name', dig(info, 'threatName'));
  putField(draft, 'file_path', dig(info, 'filePath'));
  putEntity(draft, 'file', 'related', dig(info, 'filePath'));
  putField(draft, 'process', dig(info, 'originatorProcess'));
  putEntity(draft, 'process', 'actor', dig(info, 'originatorProcess'));
  putField(draft, 'command_line', dig(info, 'maliciousProcessArguments'));
  putEntity(draft, 'command_line', 'actor', dig(info, 'maliciousProcessArguments'));
  putField(draft, 'action', dig(info, 'mitigationStatus'));
  putIdentity(draft, 'actor', dig(info, 'processUser'));
  putHashes(draft, info, ['sha256', 'sha1', 'md5']);
}

/** Container and pod, where the agent runs in one. */
function putWorkload(draft: Draft, root: At): void {
  const container = dig(root, 'containerInfo');
  putEntity(draft, 'cloud_resource', 'target', dig(container, 'name'), { vendorId: textAt(dig(container, 'id')) });
  const pod = dig(root, 'kubernetesInfo', 'pod');
  const space = textAt(dig(root, 'kubernetesInfo', 'namespace'));
  const text = textAt(pod);
  if (text !== undefined)
    putEntity(draft, 'cloud_resource', 'target', pod, { value: space === undefined ? text : `${space}/${text}` });
}

function putRule(draft: Draft, root: At): void {
  putField(draft, 'rule_name', dig(root, 'ruleInfo', 'name'));
  putField(draft, 'severity', dig(root, 'ruleInfo', 'severity'));
  putField(draft, 'action', dig(root, 'alertInfo', 'eventType'));
  const source = dig(root, 'sourceProcessInfo');
  putField(draft, 'process', dig(source, 'name'));
  putEntity(draft, 'process', 'actor', dig(source, 'name'));
  putEntity(draft, 'process', 'related', dig(root, 'sourceParentProcessInfo', 'name'));
  const line = dig(source, 'commandline');
  putField(draft, 'command_line', line);
  putEntity(draft, 'command_line', 'actor', line);
  putIdentity(draft, 'actor', dig(source, 'user'));
  putField(draft, 'file_path', dig(source, 'filePath'));
  putEntity(draft, 'file', 'related', dig(source, 'filePath'));
  putHashes(draft, source, ['fileHashSha256', 'fileHashSha1', 'fileHashMd5']);
  const alert = dig(root, 'alertInfo');
  for (const [field, role, ip, port] of [
    ['src_ip', 'actor', 'srcIp', 'srcPort'],
    ['dst_ip', 'target', 'dstIp', 'dstPort'],
  ] as const) {
    putField(draft, field, dig(alert, ip));
    putEntity(draft, 'ip', role, dig(alert, ip));
    putField(draft, field === 'src_ip' ? 'src_port' : 'dst_port', dig(alert, port));
  }
  putEntity(draft, 'domain', 'related', dig(alert, 'dnsRequest'));
  putField(draft, 'domain', dig(alert, 'dnsRequest'));
}

/** Tactics by name, and techniques by their id, which stands in the name or else at the end of the link. */
function attackOf(root: At): readonly At[] {
  return each(dig(root, 'indicators')).flatMap(indicator =>
    each(dig(indicator, 'tactics')).flatMap(tactic => [
      ...[dig(tactic, 'name')].flatMap(at => at ?? []),
      ...each(dig(tactic, 'techniques')).flatMap(technique => {
        const name = dig(technique, 'name');
        return (techniquesAt(name).length > 0 ? name : dig(technique, 'link')) ?? [];
      }),
    ]),
  );
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = threatOf(record.value);
  const kind = kindOf(root);
  if (kind === undefined)
    return fail({
      code: 'source.rejected_input',
      detail: 'no threatInfo and no alertInfo with a rule: not of SentinelOne',
    });
  const draft = openDraft(record.value);
  const info = dig(root, kind === 'threat' ? 'threatInfo' : 'alertInfo');
  const occurredAt = putTime(draft, dig(info, 'identifiedAt') ?? dig(info, 'reportedAt') ?? dig(info, 'createdAt'));
  if (occurredAt === undefined) warn(draft, NO_TIME);
  putAgent(draft, root);
  if (kind === 'threat') putThreat(draft, info);
  else putRule(draft, root);
  putWorkload(draft, root);
  const named = draft.fields.rule_name;
  const type = textAt(dig(info, 'classification'));
  const title =
    kind === 'threat' && type !== undefined && named !== undefined
      ? `${type}: ${named}`
      : (named ?? 'SentinelOne alert');
  const story = textAt(dig(info, 'storyline')) ?? textAt(dig(root, 'sourceProcessInfo', 'storyline'));
  const attack = attackOf(root);
  return ok(
    closeDraft(draft, {
      source: 'sentinelone',
      vendorId: textAt(dig(info, 'threatId')) ?? textAt(dig(info, 'alertId')) ?? textAt(dig(root, 'id')),
      product: 'SentinelOne',
      vendor: 'SentinelOne',
      title,
      rule: textAt(dig(root, 'ruleInfo', 'id')) ?? type ?? title,
      // A threat has a confidence (malicious, suspicious), which is no severity.
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      reportedAt: timeAt(dig(info, 'createdAt')),
      techniques: techniquesAt(...attack),
      tactics: tacticsAt(...attack),
      vendorLinks: story === undefined ? [] : [`storyline:${story}`],
      isAlert: true,
    }),
  );
}

/** SentinelOne threats, and alerts of its custom rules (STAR). */
export const sentinelone: Source = {
  id: 'sentinelone',
  title: 'SentinelOne',
  keys: ['threatInfo', 'alertInfo', 'data'],
  recognise: record => (kindOf(threatOf(record.value)) === undefined ? 0 : 0.95),
  normalise,
};
