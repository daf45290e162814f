import { fail, ok, type Result } from '../../base/result.ts';
import type { NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, rootOf, textAt } from '../shared/at.ts';
import { techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putTime } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { normaliseIp } from '../shared/values.ts';
import { putLog } from './logs.ts';
import { pathOf } from './path.ts';

/** A field by its name with dots, which is one key in Zeek's own JSON and a path where a shipper made objects of it. */
function field(root: At, name: string): At | undefined {
  return dig(root, name) ?? dig(root, ...name.split('.'));
}

function recognise(record: RawRecord): number {
  const root = rootOf(record.value);
  const ts = dig(root, 'ts') ?? dig(root, '@timestamp');
  if (ts === undefined) return 0;
  if (typeof dig(root, '_path')?.value === 'string') return 0.95;
  if (textAt(dig(root, 'uid')) !== undefined && field(root, 'id.orig_h') !== undefined) return 0.92;
  if (textAt(dig(root, 'note'))?.includes('::') === true) return 0.9;
  return textAt(dig(root, 'fuid')) !== undefined || (dig(root, 'uids') !== undefined && dig(root, 'mac') !== undefined)
    ? 0.85
    : 0;
}

function putEndpoints(draft: Draft, root: At): void {
  for (const [name, role, ip, port] of [
    ['src_ip', 'actor', 'id.orig_h', 'id.orig_p'],
    ['dst_ip', 'target', 'id.resp_h', 'id.resp_p'],
  ] as const) {
    const address = field(root, ip);
    if (normaliseIp(textAt(address) ?? '') === undefined) continue;
    putField(draft, name, address);
    putEntity(draft, 'ip', role, address);
    putField(draft, name === 'src_ip' ? 'src_port' : 'dst_port', field(root, port));
  }
}

/** Zeek's own id of a connection, and the one that other sensors compute alike (Community ID). */
function linksOf(root: At): readonly string[] {
  const uid = textAt(dig(root, 'uid'));
  const community = textAt(dig(root, 'community_id'));
  const links = uid === undefined ? [] : [`uid:${uid}`];
  return community === undefined ? links : [...links, `community:${community}`];
}

interface Naming {
  readonly title: string;
  readonly rule: string;
  readonly isAlert: boolean;
}

/** A notice and a weird are named by what Zeek found; an entry of any other log by its log. */
function namingOf(draft: Draft, root: At, path: string): Naming {
  if (path === 'notice') {
    const note = textAt(dig(root, 'note')) ?? 'notice';
    putField(draft, 'rule_name', dig(root, 'note'));
    return { title: note, rule: note, isAlert: true };
  }
  if (path === 'weird') {
    const name = textAt(dig(root, 'name')) ?? 'weird';
    putField(draft, 'rule_name', dig(root, 'name'));
    return { title: `Zeek weird: ${name}`, rule: `weird:${name}`, isAlert: false };
  }
  if (path === 'intel') return { title: 'Zeek intelligence match', rule: 'zeek:intel', isAlert: true };
  return { title: `Zeek ${path}`, rule: `zeek:${path}`, isAlert: false };
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (recognise(record) === 0)
    return fail({
      code: 'source.rejected_input',
      detail: 'no time with a path or a connection: no entry of a Zeek log',
    });
  const draft = openDraft(record.value);
  const path = pathOf(root);
  const occurredAt = putTime(draft, dig(root, 'ts') ?? dig(root, '@timestamp'));
  putEndpoints(draft, root);
  putEntity(draft, 'host', 'observer', dig(root, '_system_name'));
  putField(draft, 'host', dig(root, '_system_name'));
  putLog(draft, root, path);
  const naming = namingOf(draft, root, path);
  putField(draft, 'severity', field(root, 'severity.name'));
  return ok(
    closeDraft(draft, {
      source: 'zeek',
      // A connection's uid stands in every log that speaks of it, so it is no record's own id.
      vendorId: undefined,
      product: 'Zeek',
      vendor: 'Zeek',
      ...naming,
      severity: severityOfWord(draft.fields.severity),
      occurredAt,
      techniques: path === 'notice' ? techniquesAt(dig(root, 'note'), dig(root, 'mitre_technique_id')) : [],
      vendorLinks: linksOf(root),
    }),
  );
}

/** Zeek's logs as JSON, or as the rows of its own tab-separated form; Corelight's are the same. */
export const zeek: Source = { id: 'zeek', title: 'Zeek', keys: ['ts', '@timestamp'], recognise, normalise };
