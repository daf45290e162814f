import type { EntityRole } from '../../model/alert.ts';
import { type At, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField, type TextField } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { normaliseIp } from '../shared/values.ts';
import type { Document } from './document.ts';

/** The entities of an event, by the field sets of the Elastic Common Schema (elastic.co, "ECS field reference"). */
export function putEcs(draft: Draft, document: Document): void {
  putHosts(draft, document);
  putUsers(draft, document);
  putProcess(draft, document);
  putFile(draft, document);
  putNetwork(draft, document);
  putCloud(draft, document);
}

/** `host` is where it happened; `observer` saw it from outside; `agent` only shipped it. */
function putHosts(draft: Draft, { get }: Document): void {
  const name = get('host.name') ?? get('host.hostname');
  putEntity(draft, 'host', 'target', name, { vendorId: textAt(get('host.id')) });
  putField(draft, 'host', name);
  const observer = get('observer.name') ?? get('observer.hostname');
  putEntity(draft, 'host', 'observer', observer);
  putField(draft, 'host', observer);
}

function putUser(draft: Draft, { get }: Document, set: string, role: EntityRole): void {
  const domain = textAt(get(`${set}.domain`));
  putIdentity(draft, role, get(`${set}.name`) ?? get(`${set}.email`), { domain, vendorId: textAt(get(`${set}.id`)) });
}

function putUsers(draft: Draft, document: Document): void {
  putUser(draft, document, 'user', 'actor');
  putUser(draft, document, 'source.user', 'actor');
  putUser(draft, document, 'client.user', 'actor');
  putUser(draft, document, 'user.target', 'target');
  putUser(draft, document, 'destination.user', 'target');
  putUser(draft, document, 'user.effective', 'related');
}

function putProcess(draft: Draft, document: Document): void {
  const { get } = document;
  const image = get('process.executable') ?? get('process.name');
  putField(draft, 'process', image);
  putEntity(draft, 'process', 'actor', image, { vendorId: textAt(get('process.entity_id')) });
  putEntity(draft, 'process', 'related', get('process.parent.executable') ?? get('process.parent.name'), {
    vendorId: textAt(get('process.parent.entity_id')),
  });
  putField(draft, 'command_line', get('process.command_line'));
  putEntity(draft, 'command_line', 'actor', get('process.command_line'));
  putHashes(draft, document, 'process');
}

function putHashes(draft: Draft, { get }: Document, set: string): void {
  for (const algorithm of ['sha256', 'sha1', 'md5'])
    putEntity(draft, 'hash', 'related', get(`${set}.hash.${algorithm}`));
  putField(draft, 'hash_sha256', get(`${set}.hash.sha256`));
}

function putFile(draft: Draft, document: Document): void {
  const path = document.get('file.path') ?? document.get('file.name');
  putField(draft, 'file_path', path);
  putEntity(draft, 'file', 'target', path);
  putHashes(draft, document, 'file');
}

function putEndpoint(draft: Draft, at: At | undefined, field: 'src_ip' | 'dst_ip', role: EntityRole): void {
  if (normaliseIp(textAt(at) ?? '') === undefined) return;
  putField(draft, field, at);
  putEntity(draft, 'ip', role, at);
}

const NAMES: readonly (readonly [string, TextField])[] = [
  ['dns.question.name', 'domain'],
  ['url.domain', 'domain'],
  ['destination.domain', 'domain'],
  ['tls.client.server_name', 'domain'],
];

function putNetwork(draft: Draft, { get, all }: Document): void {
  for (const set of ['source', 'client']) {
    putEndpoint(draft, get(`${set}.ip`), 'src_ip', 'actor');
    putField(draft, 'src_port', get(`${set}.port`));
  }
  for (const set of ['destination', 'server']) {
    putEndpoint(draft, get(`${set}.ip`), 'dst_ip', 'target');
    putField(draft, 'dst_port', get(`${set}.port`));
  }
  for (const [name, field] of NAMES) {
    putField(draft, field, get(name));
    putEntity(draft, 'domain', 'related', get(name));
  }
  for (const answer of all('dns.resolved_ip')) putEntity(draft, 'ip', 'related', answer);
  const url = get('url.full') ?? get('url.original');
  putField(draft, 'url', url);
  putEntity(draft, 'url', 'related', url);
  for (const [name, field, role] of [
    ['email.from.address', 'email_from', 'actor'],
    ['email.to.address', 'email_to', 'target'],
  ] as const)
    for (const one of all(name)) {
      putField(draft, field, one);
      putEntity(draft, 'mailbox', role, one);
    }
}

function putCloud(draft: Draft, { get }: Document): void {
  putEntity(draft, 'cloud_account', 'related', get('cloud.account.id'));
  putEntity(draft, 'cloud_resource', 'related', get('cloud.instance.id'));
  const container = get('container.name') ?? get('container.id');
  putEntity(draft, 'cloud_resource', 'target', container, { vendorId: textAt(get('container.id')) });
  const pod = get('kubernetes.pod.name') ?? get('orchestrator.resource.name');
  const space = textAt(get('kubernetes.namespace') ?? get('orchestrator.namespace'));
  const name = textAt(pod);
  if (name !== undefined)
    putEntity(draft, 'cloud_resource', 'target', pod, { value: space === undefined ? name : `${space}/${name}` });
}
