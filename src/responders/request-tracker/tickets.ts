import type { Plan } from '../../ports/responder.ts';
import { Denied } from '../shared/http/ask-http.ts';
import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, jsonOf } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { RequestTrackerSettings } from './config.ts';
import { REOPEN, RESOLVE } from './manifest.ts';

/** A number has one way to be written: RT itself takes `01` for 1. */
const TICKET_ID = /^[1-9]\d{0,8}$/;
const STATUS_BEFORE = 'ticket.statusBefore';
/** Tickets that it waits for which are looked at. */
const WAITED_FOR_MAX = 10;
const LINKS_SHOWN_MAX = 50;

/** What RT does not tell. Shown with every plan. */
const UNKNOWN = [
  'Which scrips of the queue run when its status changes, and what they start: RT tells it to administrators alone.',
  'Which automation elsewhere waits for this status.',
  'Private comments on it, where the read user may not see them.',
] as const;

export function ticketOperations(settings: RequestTrackerSettings): readonly VendorOperation[] {
  const row = {
    rests: ['ticket.queue', 'ticket.subject', 'ticket.version'],
    isSeen: 'afterwards',
    unknown: UNKNOWN,
    sideEffects: ['RT may mail its owner, requestors and watchers.'],
    canBeId: (id: string) => TICKET_ID.test(id),
  } as const satisfies Partial<VendorOperation>;
  return [
    {
      ...row,
      operation: RESOLVE,
      to: { 'ticket.status': settings.resolved },
      unproven: 'Whether people and automation elsewhere take it for done, RT does not tell.',
      look: (client, target, told) => lookToResolve(settings, client, target, told),
      write: (client, seen) => setStatus(client, seen, settings.resolved),
    },
    {
      ...row,
      operation: REOPEN,
      to: told => ({ 'ticket.status': told[STATUS_BEFORE] ?? '' }),
      undoneIf: { path: 'ticket.version' },
      unproven: 'Whether anybody looks at it again, RT does not tell.',
      look: (client, target, told) => lookAt(settings, client, target, told),
      write: (client, seen) => setStatus(client, seen, seen.keeps?.[STATUS_BEFORE] ?? ''),
    },
  ];
}

async function lookAt(
  { queue }: RequestTrackerSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
  told: Parameters<VendorOperation['look']>[2],
): Promise<(Seen & { readonly waitsFor: readonly string[] }) | undefined> {
  const id = 'name' in target ? target.name : target.immutableId;
  if (!TICKET_ID.test(id)) return undefined;
  const found = await client.getTagged(`/ticket/${id}`);
  const ticket = asMembers(found?.body);
  // A ticket that was merged into another one is answered for by that one.
  if (found === undefined || asText(ticket.get('id')) !== id) return undefined;
  const status = asText(ticket.get('Status'));
  if (status === '' || found.tag === '') throw new NoAnswer('the answer is not in the form that was asked for');
  const at = asText(asMembers(ticket.get('Queue')).get('id'));
  const type = asText(ticket.get('Type'));
  const links = linksOf(ticket.get('_hyperlinks'));
  const rest = links.length - LINKS_SHOWN_MAX;
  return {
    immutableId: id,
    facts: {
      displayName: id,
      title: asText(ticket.get('Subject')),
      isPrivileged: 'no',
      isMachine: 'no',
      isLastAdministrator: false,
      isOwnIdentity: false,
    },
    values: {
      'ticket.status': status,
      'ticket.queue': at,
      'ticket.subject': asText(ticket.get('Subject')),
      'ticket.version': found.tag,
    },
    keeps: { [STATUS_BEFORE]: told?.[STATUS_BEFORE] ?? status },
    direct: peopleOf(ticket),
    dependents: [
      ...links.slice(0, LINKS_SHOWN_MAX).map(({ ref, what }) => `${ref} ${what}`),
      ...(rest > 0 ? [`${rest} more links`] : []),
    ],
    waitsFor: links.flatMap(({ ref, ticket: other }) => (ref === 'depends-on' && other !== '' ? [other] : [])),
    refusals: [
      ...(at === queue ? [] : [refusal('missing_scope', 'It is in another queue than the one that was set.')]),
      // To resolve an approval is to approve what waits for it.
      ...(type === 'ticket' ? [] : [refusal('not_expressible', `It is no ticket but of another type: ${type}.`)]),
    ],
  };
}

type Refusal = Plan['refusals'][number];

function refusal(reason: Refusal['reason'], text: string): Refusal {
  return { reason, text };
}

async function lookToResolve(
  settings: RequestTrackerSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
  told: Parameters<VendorOperation['look']>[2],
): Promise<Seen | undefined> {
  const seen = await lookAt(settings, client, target, told);
  if (seen === undefined) return undefined;
  const status = seen.values['ticket.status'] ?? '';
  const { resolved, active } = settings;
  const isOther = status !== resolved && !active.includes(status);
  const open = isOther || status === resolved ? [] : await openOf(seen.waitsFor, settings, client);
  return {
    ...seen,
    refusals: [
      ...(seen.refusals ?? []),
      ...(isOther ? [refusal('not_settled', `It is neither active nor ${resolved}: ${status}.`)] : []),
      ...open.map(one => refusal('not_settled', `RT resolves it after ticket ${one} alone, which is not done with.`)),
    ],
  };
}

/** Of the tickets that it waits for, those that are seen to be active. One that may not be looked at, RT judges at the write. */
async function openOf(
  waitsFor: readonly string[],
  { active }: RequestTrackerSettings,
  client: VendorClient,
): Promise<readonly string[]> {
  const open: string[] = [];
  for (const id of waitsFor.filter(one => TICKET_ID.test(one)).slice(0, WAITED_FOR_MAX)) {
    const other = await client.get(`/ticket/${id}`).catch((error: unknown) => {
      if (error instanceof Denied && error.status === 403) return undefined;
      throw error;
    });
    if (active.includes(asText(asMembers(other).get('Status')))) open.push(id);
  }
  return open;
}

interface Link {
  readonly ref: string;
  readonly what: string;
  /** The number of the ticket that it leads to; empty where it leads to something else. */
  readonly ticket: string;
}

/** Of all that RT links to a ticket, what is another ticket's or another system's. */
const LINKS = ['depends-on', 'depended-on-by', 'parent', 'child', 'refers-to', 'referred-to-by'];

function linksOf(value: unknown): readonly Link[] {
  return (Array.isArray(value) ? value : []).map(asMembers).flatMap(link => {
    const ref = asText(link.get('ref'));
    if (!LINKS.includes(ref)) return [];
    const isTicket = link.get('type') === 'ticket';
    const id = asText(link.get('id'));
    return [{ ref, ticket: isTicket ? id : '', what: isTicket ? `ticket ${id}` : asText(link.get('_url')) }];
  });
}

function peopleOf(ticket: ReadonlyMap<string, unknown>): readonly string[] {
  const named = (value: unknown) => asText(asMembers(value).get('id'));
  const each = (role: string) => {
    const value = ticket.get(role);
    return (Array.isArray(value) ? value : []).map(named);
  };
  return [
    `owner ${named(ticket.get('Owner'))}`,
    ...each('Requestor').map(name => `requestor ${name}`),
    ...[...each('Cc'), ...each('AdminCc')].map(name => `watcher ${name}`),
  ];
}

/** RT says yes and no alike by 200, and what it did by a sentence for each thing that it did. */
const CHANGED = /^Ticket (\d+): Status changed from '[^']*' to '([^']*)'$/;
const REFUSED =
  /: (?:Permission Denied|That ticket has unresolved dependencies|Status '.*' isn't a valid status .*|You can't change status .*)$/;
const CONFLICT = 409;

async function setStatus(client: VendorClient, { immutableId, values }: Seen, status: string): Promise<void> {
  const { text } = await client.change('PUT', `/ticket/${immutableId}`, { Status: status }, values['ticket.version']);
  const said = jsonOf(text);
  if (!Array.isArray(said) || said.length > 1) throw new NoAnswer('the answer is not in the form that was asked for');
  const sentence = String(said[0] ?? '');
  const [, id, to] = CHANGED.exec(sentence) ?? [];
  if (id === immutableId && to === status) return;
  if (said.length === 0) throw new Denied(CONFLICT);
  if (REFUSED.test(sentence)) throw new Denied(sentence.endsWith('Permission Denied') ? 403 : CONFLICT);
  throw new NoAnswer('what RT answered is not understood');
}
