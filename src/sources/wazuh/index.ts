import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putTime } from '../shared/draft.ts';
import { timeAt } from '../shared/when.ts';
import { putData } from './data.ts';

function isWazuh(root: At): boolean {
  const rule = dig(root, 'rule');
  return dig(rule, 'level') !== undefined && (dig(rule, 'description') ?? dig(rule, 'id')) !== undefined;
}

function recognise(record: RawRecord): number {
  const root = rootOf(record.value);
  if (!isWazuh(root)) return 0;
  return dig(root, 'agent') !== undefined || dig(root, 'manager') !== undefined || dig(root, 'decoder') !== undefined
    ? 0.95
    : 0.5;
}

/** Rule levels 0 to 16 in the bands of Wazuh's own dashboard: 0–6 low, 7–11 medium, 12–14 high, 15 and up critical. */
function severityOfLevel(text: string | undefined): Severity {
  const level = text === undefined || !/^\d{1,2}$/.test(text) ? undefined : Number(text);
  if (level === undefined || level > 16) return 'unknown';
  if (level >= 15) return 'critical';
  if (level >= 12) return 'high';
  if (level >= 7) return 'medium';
  return level >= 3 ? 'low' : 'informational';
}

/** The agent's host saw it, and is where it happened unless the log line names another. */
function putHosts(draft: Draft, root: At): void {
  const agent = dig(root, 'agent');
  const named = dig(root, 'predecoder', 'hostname');
  const isSame = textAt(named)?.toLowerCase() === textAt(dig(agent, 'name'))?.toLowerCase();
  putEntity(draft, 'host', 'observer', dig(agent, 'name'), { vendorId: textAt(dig(agent, 'id')) });
  if (!isSame) putEntity(draft, 'host', 'target', named);
  putField(draft, 'host', dig(agent, 'name'));
  putField(draft, 'host', named);
  const address = dig(agent, 'ip');
  const text = textAt(address);
  if (text !== undefined && text !== 'any' && text !== '127.0.0.1') putEntity(draft, 'ip', 'observer', address);
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isWazuh(root)) return fail({ code: 'source.rejected_input', detail: 'no rule with a level: not a Wazuh alert' });
  const draft = openDraft(record.value);
  const rule = dig(root, 'rule');
  const reportedAt = putTime(draft, dig(root, 'timestamp'));
  const eventAt = timeAt(dig(root, 'data', 'timestamp'));
  const title = textAt(dig(rule, 'description')) ?? `rule ${textAt(dig(rule, 'id')) ?? ''}`;
  putField(draft, 'rule_name', dig(rule, 'description'));
  putField(draft, 'severity', dig(rule, 'level'));
  putHosts(draft, root);
  putField(draft, 'process', dig(root, 'predecoder', 'program_name'));
  putData(draft, root);
  return ok(
    closeDraft(draft, {
      source: 'wazuh',
      vendorId: textAt(dig(root, 'id')),
      product: 'Wazuh',
      vendor: 'Wazuh',
      title,
      rule: textAt(dig(rule, 'id')) ?? title,
      severity: severityOfLevel(textAt(dig(rule, 'level'))),
      occurredAt: eventAt ?? reportedAt,
      reportedAt,
      techniques: techniquesAt(dig(rule, 'mitre', 'id')),
      tactics: tacticsAt(dig(rule, 'mitre', 'tactic')),
      isAlert: true,
    }),
  );
}

/** Wazuh and OSSEC alerts (alerts.json). */
export const wazuh: Source = { id: 'wazuh', title: 'Wazuh', keys: ['rule'], recognise, normalise };
