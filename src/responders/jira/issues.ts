import type { Plan } from '../../ports/responder.ts';
import { Denied } from '../shared/http/ask-http.ts';
import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf, lookedBefore } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { JiraSettings } from './config.ts';
import { CLOSE, REOPEN } from './manifest.ts';

const ISSUE_ID = /^[1-9]\d{0,15}$/;
const ISSUE_KEY = /^[A-Z][A-Z0-9_]{1,30}-[1-9]\d{0,8}$/;
const STATUS_BEFORE = 'issue.statusBefore';
const FIELDS = 'summary,status,project,updated,assignee,reporter,issuelinks,subtasks';
const LINKS_SHOWN_MAX = 50;

export function issueOperations(settings: JiraSettings): readonly VendorOperation[] {
  const row = {
    rests: ['issue.project', 'issue.summary', 'issue.updated'],
    isSeen: 'afterwards',
    unknown: [
      'What the workflow does on the way: its post functions, and what it sets and clears.',
      'Which automation rules, webhooks and apps wait for this status.',
      'Whether the workflow lets our write user make this move: Jira tells that to the user alone.',
    ],
    sideEffects: ['Jira may mail its watchers, reporter and assignee.'],
    canBeId: (id: string) => ISSUE_ID.test(id),
  } as const satisfies Partial<VendorOperation>;
  return [
    {
      ...row,
      operation: CLOSE,
      to: { 'issue.status': settings.done },
      unproven: 'Whether people and automation elsewhere take it for done, Jira does not tell.',
      look: (client, target, told) => lookAt(settings, client, target, told, 'close'),
      write: (client, seen) => moveTo(client, seen, settings.done),
    },
    {
      ...row,
      operation: REOPEN,
      to: told => ({ 'issue.status': told[STATUS_BEFORE] ?? '' }),
      undoneIf: { path: 'issue.updated' },
      unproven: 'Whether anybody looks at it again, Jira does not tell.',
      look: (client, target, told) => lookAt(settings, client, target, told, 'reopen'),
      write: (client, seen) => moveTo(client, seen, seen.keeps?.[STATUS_BEFORE] ?? ''),
    },
  ];
}

async function lookAt(
  { project, done }: JiraSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
  told: Parameters<VendorOperation['look']>[2],
  to: 'close' | 'reopen',
): Promise<Seen | undefined> {
  const wanted = 'name' in target ? target.name : target.immutableId;
  if (!('name' in target ? ISSUE_KEY : ISSUE_ID).test(wanted)) return undefined;
  const issue = asMembers(await client.get(`/rest/api/3/issue/${wanted}?fields=${FIELDS}`));
  const [id, key] = [asText(issue.get('id')), asText(issue.get('key'))];
  // Jira answers for a key that an issue had before it was moved, and compares keys without case.
  if (('name' in target ? key : id) !== wanted || !ISSUE_ID.test(id)) return undefined;
  const fields = asMembers(issue.get('fields'));
  const status = asMembers(fields.get('status'));
  const [name, updated] = [asText(status.get('name')), asText(fields.get('updated'))];
  if (name === '' || updated === '') throw new NoAnswer('the answer is not in the form that was asked for');
  const at = asText(asMembers(fields.get('project')).get('key'));
  const isDoneOtherwise = name !== done && asText(asMembers(status.get('statusCategory')).get('key')) === 'done';
  return {
    immutableId: id,
    facts: {
      displayName: key,
      title: asText(fields.get('summary')),
      isPrivileged: 'no',
      isMachine: 'no',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    values: {
      'issue.status': name,
      'issue.project': at,
      'issue.summary': asText(fields.get('summary')),
      'issue.updated': updated,
    },
    keeps: { [STATUS_BEFORE]: told?.[STATUS_BEFORE] ?? name },
    direct: ['assignee', 'reporter'].map(
      role => `${role} ${asText(asMembers(fields.get(role)).get('displayName')) || 'nobody, or not told'}`,
    ),
    dependents: linksOf(fields),
    refusals: [
      ...(at === project ? [] : [refusal('not_expressible', 'It is in another project than the one that was set.')]),
      ...(to === 'close' && isDoneOtherwise
        ? [refusal('not_settled', `It is done in another way already: ${name}.`)]
        : []),
    ],
  };
}

type Refusal = Plan['refusals'][number];

function refusal(reason: Refusal['reason'], text: string): Refusal {
  return { reason, text };
}

function linksOf(fields: ReadonlyMap<string, unknown>): readonly string[] {
  const listed = (name: string) => {
    const value = fields.get(name);
    return (Array.isArray(value) ? value : []).map(asMembers);
  };
  const links = listed('issuelinks').flatMap(link =>
    (['inward', 'outward'] as const).flatMap(way => {
      const key = asText(asMembers(link.get(`${way}Issue`)).get('key'));
      return key === '' ? [] : [`${asText(asMembers(link.get('type')).get(way)) || 'linked to'} ${key}`];
    }),
  );
  const all = [...links, ...listed('subtasks').map(one => `sub-task ${asText(one.get('key'))}`)];
  const rest = all.length - LINKS_SHOWN_MAX;
  return [...all.slice(0, LINKS_SHOWN_MAX), ...(rest > 0 ? [`${rest} more links`] : [])];
}

/** None of the moves that the workflow has from here leads there, or more than one does. */
const NO_SUCH_MOVE = 409;

/** Which moves there are Jira tells to whoever may make them, so the user that writes has to ask. */
async function moveTo(client: VendorClient, { immutableId }: Seen, status: string): Promise<void> {
  const path = `/rest/api/3/issue/${immutableId}/transitions`;
  const offered = await lookedBefore(async () =>
    listOf(asMembers(await client.get(path)).get('transitions')).map(asMembers),
  );
  const moves = offered.filter(move => asText(asMembers(move.get('to')).get('name')) === status);
  const id = asText(moves[0]?.get('id'));
  if (moves.length !== 1 || id === '') throw new Denied(NO_SUCH_MOVE);
  await client.change('POST', path, { transition: { id } });
}
