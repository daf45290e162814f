import type { MachineKind, NormalisedAlert, Severity } from '../../model/alert.ts';
import { type At, dig, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, putEntity, putField, putTime } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { timeAt } from '../shared/when.ts';
import { putDelivery } from './delivery.ts';

type Feature = 'secret' | 'code' | 'dependency';

/** The alert of a delivery, or the alert itself as a list answers it, with the feature that raised it. */
export function alertOf(root: At): { readonly feature: Feature; readonly alert: At } | undefined {
  for (const alert of [dig(root, 'alert'), root]) {
    if (alert === undefined || dig(alert, 'number') === undefined) continue;
    if (dig(alert, 'secret_type') !== undefined) return { feature: 'secret', alert };
    if (dig(alert, 'security_advisory', 'ghsa_id') !== undefined) return { feature: 'dependency', alert };
    if (dig(alert, 'rule', 'id') !== undefined && dig(alert, 'tool', 'name') !== undefined)
      return { feature: 'code', alert };
  }
  return undefined;
}

/** The word in a type's name that says what leaked. */
function kindOfSecret(type: string): MachineKind {
  if (/token|jwt/i.test(type)) return 'token';
  return /key|certificate/i.test(type) ? 'key' : 'unknown';
}

/**
 * A secret that leaked is the target. It is named by its type and told apart by the repository and the number of its
 * alert: the secret itself, where the record holds it, is never taken.
 */
function readSecret(draft: Draft, alert: At, where: string): Reading {
  const kind = dig(alert, 'secret_type');
  const type = textAt(kind) ?? 'secret';
  const value = `${where}#secret-scanning/${textAt(dig(alert, 'number')) ?? ''}`.toLowerCase();
  putEntity(draft, 'access_key', 'target', kind, { value, machine: kindOfSecret(type) });
  const states = [
    textAt(dig(alert, 'validity')) === 'active' ? 'still active' : undefined,
    textAt(dig(alert, 'publicly_leaked')) === 'true' ? 'publicly leaked' : undefined,
    textAt(dig(alert, 'multi_repo')) === 'true' ? 'in several repositories' : undefined,
  ].filter(state => state !== undefined);
  const name = textAt(dig(alert, 'secret_type_display_name')) ?? type;
  putField(draft, 'rule_name', kind);
  const bypass = dig(alert, 'push_protection_bypassed_by', 'login');
  putEntity(draft, 'user', 'actor', bypass, { vendorId: textAt(dig(alert, 'push_protection_bypassed_by', 'id')) });
  return {
    title: states.length === 0 ? `Secret found: ${name}` : `Secret found: ${name} (${states.join(', ')})`,
    rule: `secret_scanning:${type}`,
    severity: 'unknown',
  };
}

interface Reading {
  readonly title: string;
  readonly rule: string;
  readonly severity: Severity;
}

/** A path is unique only within its repository. */
function putPath(draft: Draft, path: At | undefined, where: string): void {
  putEntity(draft, 'file', 'target', path, { value: `${where}:${textAt(path) ?? ''}` });
  putField(draft, 'file_path', path);
}

function readCode(draft: Draft, alert: At, where: string): Reading {
  const rule = dig(alert, 'rule');
  const severity = [dig(rule, 'security_severity_level'), dig(rule, 'severity')].find(at => textAt(at) !== undefined);
  putField(draft, 'severity', severity);
  putField(draft, 'rule_name', dig(rule, 'id'));
  const path = dig(alert, 'most_recent_instance', 'location', 'path');
  putPath(draft, path, where);
  const id = textAt(dig(rule, 'id')) ?? '';
  // `note` and `none` are words of the rule's severity that say less than any severity of ours.
  const word = textAt(severity)?.toLowerCase();
  return {
    title: (textAt(dig(rule, 'description')) ?? id) || 'Code scanning alert',
    rule: `code_scanning:${textAt(dig(alert, 'tool', 'name')) ?? ''}:${id}`,
    severity: word === 'note' ? 'informational' : severityOfWord(word),
  };
}

function readDependency(draft: Draft, alert: At, where: string): Reading {
  const advisory = dig(alert, 'security_advisory');
  const severity = dig(advisory, 'severity') ?? dig(alert, 'security_vulnerability', 'severity');
  putField(draft, 'severity', severity);
  putField(draft, 'rule_name', dig(advisory, 'ghsa_id'));
  const manifest = dig(alert, 'dependency', 'manifest_path');
  putPath(draft, manifest, where);
  const name = textAt(dig(alert, 'dependency', 'package', 'name')) ?? 'a dependency';
  return {
    title: `${name}: ${textAt(dig(advisory, 'summary')) ?? textAt(dig(advisory, 'ghsa_id')) ?? 'vulnerable'}`,
    rule: `dependabot:${textAt(dig(advisory, 'ghsa_id')) ?? ''}`,
    severity: severityOfWord(textAt(severity)),
  };
}

const PRODUCT: { readonly [F in Feature]: string } = {
  secret: 'GitHub secret scanning',
  code: 'GitHub code scanning',
  dependency: 'GitHub Dependabot',
};

/** An alert of secret scanning, code scanning or Dependabot. */
export function readScanning(draft: Draft, root: At, feature: Feature, alert: At): NormalisedAlert {
  putDelivery(draft, root);
  const where = textAt(dig(root, 'repository', 'full_name')) ?? '';
  const raised = dig(alert, 'created_at');
  const changed = dig(alert, 'updated_at');
  const occurredAt = putTime(draft, raised ?? changed);
  const reading =
    feature === 'secret'
      ? readSecret(draft, alert, where)
      : feature === 'code'
        ? readCode(draft, alert, where)
        : readDependency(draft, alert, where);
  const page = textAt(dig(alert, 'html_url'));
  const parts = [page, textAt(dig(root, 'action')), textAt(changed)].filter(part => part !== undefined);
  return closeDraft(draft, {
    source: 'github',
    // A delivery's own id is in its headers. The alert's page, what was done to it and when tell one from another.
    vendorId: page === undefined ? undefined : parts.join(' '),
    product: PRODUCT[feature],
    vendor: 'GitHub',
    title: reading.title,
    rule: reading.rule,
    severity: reading.severity,
    occurredAt,
    reportedAt: timeAt(changed) ?? timeAt(raised),
    vendorLinks: page === undefined ? [] : [`alert:${page}`],
    isAlert: true,
  });
}
