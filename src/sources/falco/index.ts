import { fail, ok, type Result } from '../../base/result.ts';
import type { EntityRole, NormalisedAlert, Severity } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, digFirst, each, rootOf, textAt } from '../shared/at.ts';
import { tacticsAt, techniquesAt } from '../shared/attack.ts';
import { closeDraft, type Draft, openDraft, putEntity, putField, putOutcome, putTime } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { severityOfWord } from '../shared/severity.ts';
import { normaliseIp } from '../shared/values.ts';

function isFalco(root: At): boolean {
  const isNamed = typeof dig(root, 'rule')?.value === 'string' && typeof dig(root, 'priority')?.value === 'string';
  return isNamed && (dig(root, 'output_fields') ?? dig(root, 'output')) !== undefined;
}

function recognise(record: RawRecord): number {
  const root = rootOf(record.value);
  if (!isFalco(root)) return 0;
  return typeof dig(root, 'output_fields')?.value === 'object' ? 0.95 : 0.7;
}

/** Falco's priorities are those of syslog (falco.org, "Rule fields"); `Alert` is the one that no other product uses so. */
function severityOf(priority: string | undefined): Severity {
  return priority?.toLowerCase() === 'alert' ? 'critical' : severityOfWord(priority);
}

/** The sources of events that Falco sees on its own host; those of a plugin happened elsewhere. */
const HERE = /^syscalls?$/i;

function putHost(draft: Draft, root: At): void {
  const source = textAt(dig(root, 'source'));
  const host = dig(root, 'hostname');
  putEntity(draft, 'host', source === undefined || HERE.test(source) ? 'target' : 'observer', host);
  putField(draft, 'host', host);
}

/** Fields that a rule asked for, under the names of Falco's own reference of fields. A rule may ask for any of them. */
function putFields(draft: Draft, fields: At | undefined): void {
  const field = (name: string): At | undefined => dig(fields, name);
  for (const name of ['user.name', 'user.loginname', 'ka.user.name', 'ct.user', 'okta.actor.alternateID'])
    putUser(draft, field(name), textAt(field('user.uid')));
  const program = digFirst(fields, ['proc.exepath', 'proc.name', 'proc.exe']);
  putField(draft, 'process', program);
  putEntity(draft, 'process', 'actor', program);
  putEntity(draft, 'process', 'related', digFirst(fields, ['proc.pexepath', 'proc.pname']));
  putField(draft, 'command_line', field('proc.cmdline'));
  putEntity(draft, 'command_line', 'actor', field('proc.cmdline'));
  putField(draft, 'action', digFirst(fields, ['evt.type', 'ka.verb', 'ct.name']));
  putFile(draft, field('fd.name'), textAt(field('fd.type')));
  putFile(draft, field('fs.path.name'), 'file');
  putAddress(draft, digFirst(fields, ['fd.cip', 'fd.lip', 'ct.srcip']), 'src_ip', 'actor');
  putAddress(draft, digFirst(fields, ['fd.sip', 'fd.rip']), 'dst_ip', 'target');
  putField(draft, 'src_port', digFirst(fields, ['fd.cport', 'fd.lport']));
  putField(draft, 'dst_port', digFirst(fields, ['fd.sport', 'fd.rport']));
  putContainer(draft, fields);
  putResult(draft, field('evt.res'));
}

function putUser(draft: Draft, at: At | undefined, uid: string | undefined): void {
  const name = textAt(at);
  // `<NA>` is how Falco writes that it does not know.
  if (name === undefined || name === '<NA>') return;
  putIdentity(draft, 'actor', at, { vendorId: uid });
}

function putFile(draft: Draft, at: At | undefined, type: string | undefined): void {
  const path = textAt(at);
  if (path === undefined || (type !== 'file' && type !== 'directory' && !path.startsWith('/'))) return;
  putField(draft, 'file_path', at);
  putEntity(draft, 'file', 'target', at);
}

function putAddress(draft: Draft, at: At | undefined, field: 'src_ip' | 'dst_ip', role: EntityRole): void {
  if (normaliseIp(textAt(at) ?? '') === undefined) return;
  putField(draft, field, at);
  putEntity(draft, 'ip', role, at);
}

/** A container by its name with its id, and a pod by its name within its namespace. The container `host` is none. */
function putContainer(draft: Draft, fields: At | undefined): void {
  const id = textAt(dig(fields, 'container.id'));
  if (id !== undefined && id !== 'host') {
    const named = [dig(fields, 'container.name'), dig(fields, 'container.id')].find(at => textAt(at) !== undefined);
    putEntity(draft, 'cloud_resource', 'target', named, { vendorId: id });
  }
  for (const [name, namespace] of [
    ['k8s.pod.name', 'k8s.ns.name'],
    ['ka.target.name', 'ka.target.namespace'],
  ] as const) {
    const pod = dig(fields, name);
    const space = textAt(dig(fields, namespace));
    const text = textAt(pod);
    if (text === undefined || text === '<NA>') continue;
    putEntity(draft, 'cloud_resource', 'target', pod, { value: space === undefined ? text : `${space}/${text}` });
  }
}

/** Errors that say that a call is still under way. */
const PENDING = new Set(['EINPROGRESS', 'EAGAIN', 'EWOULDBLOCK', 'EALREADY']);

/** What a system call returned: `SUCCESS`, or the name of an error. */
function putResult(draft: Draft, at: At | undefined): void {
  const text = textAt(at);
  if (text === undefined || PENDING.has(text)) return;
  if (text === 'SUCCESS') putOutcome(draft, 'success', at);
  else if (/^E[A-Z0-9]{2,}$/.test(text)) putOutcome(draft, 'failure', at);
}

/** Tags of tactics are written `mitre_credential_access`. */
function tacticTags(tags: At | undefined): readonly At[] {
  return each(tags).flatMap(tag => {
    const name = /^mitre_(\w{1,64})$/.exec(textAt(tag) ?? '')?.[1];
    return name === undefined ? [] : [{ ...tag, value: name }];
  });
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isFalco(root))
    return fail({ code: 'source.rejected_input', detail: 'no rule with a priority and an output: not a Falco alert' });
  const draft = openDraft(record.value);
  const occurredAt = putTime(draft, dig(root, 'time'));
  putField(draft, 'rule_name', dig(root, 'rule'));
  putField(draft, 'severity', dig(root, 'priority'));
  putHost(draft, root);
  putFields(draft, dig(root, 'output_fields'));
  const tags = dig(root, 'tags');
  const rule = textAt(dig(root, 'rule')) ?? 'Falco alert';
  return ok(
    closeDraft(draft, {
      source: 'falco',
      vendorId: textAt(dig(root, 'uuid')),
      product: 'Falco',
      vendor: 'Falco',
      title: rule,
      rule,
      severity: severityOf(draft.fields.severity),
      occurredAt,
      techniques: techniquesAt(tags),
      tactics: tacticsAt(...tacticTags(tags)),
      isAlert: true,
    }),
  );
}

/** Falco alerts as JSON, from its file, HTTP or gRPC output or from Falcosidekick. */
export const falco: Source = { id: 'falco', title: 'Falco', keys: ['priority'], recognise, normalise };
