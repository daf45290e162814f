import { inertLine } from '../../base/inert.ts';
import type { Notice, NoticeFact, NoticeItem, NoticeKind } from '../../model/notice.ts';

/** Things that one notice lists; the others are counted, and stand on the page. */
export const ITEMS_MAX = 20;
const NAME_CHARACTERS_MAX = 80;

/** What a notice is written with: where the pages are, and whether names of telemetry may stand in it. */
export interface Writing {
  readonly id: Notice['id'];
  readonly writtenAt: string;
  readonly origin: string;
  readonly allowsNames: boolean;
}

const SUBJECT: { readonly [K in NoticeKind]: string } = {
  review_waits: 'A proposal waits for a review',
  review_expires: 'A proposal expires soon',
  review_escalated: 'Nobody takes a proposal',
  act_in_doubt: 'An act is in doubt',
  act_not_in_effect: 'An act took no effect',
  lease_ended: 'The lease of something contained ended',
  undo_differs: 'An undo left something else than was declared',
  break_glass_used: 'Break-glass was used',
  person_enrolled: 'Somebody was enrolled',
  machine_refused: 'A machine identity was refused',
  credential_misused: 'A change was made with our credential that nobody signed',
  act_not_shown: 'A target’s own log does not show an act',
  trail_silent: 'A target’s own log is not read',
  person_changed: 'Two people changed what somebody may do here',
  acts_stopped: 'The kill switch is on',
  proposals_throttled: 'More is proposed than people can look at',
  incident_unowned: 'An incident has no owner',
  source_silent: 'A source fell silent',
  late_news: 'News came late on something that was decided',
  task_asked: 'You are asked for evidence',
  task_settled: 'Something that you asked for is settled',
};

/** Most pressing first: what is cut from a long notice is what can wait. */
const ORDER: readonly NoticeKind[] = [
  'credential_misused',
  'break_glass_used',
  'acts_stopped',
  'proposals_throttled',
  'person_enrolled',
  'person_changed',
  'machine_refused',
  'trail_silent',
  'act_not_shown',
  'act_in_doubt',
  'act_not_in_effect',
  'undo_differs',
  'lease_ended',
  'review_expires',
  'review_escalated',
  'task_asked',
  'review_waits',
  'task_settled',
  'incident_unowned',
  'source_silent',
  'late_news',
];

/** One notice of all these. Every word is ours but a name, and a name never stands in the subject. */
export function writeNotice(facts: readonly NoticeFact[], writing: Writing): Notice {
  const sorted = facts.toSorted(
    (a, b) =>
      ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.until.localeCompare(b.until) || a.key.localeCompare(b.key),
  );
  const listed = sorted.slice(0, ITEMS_MAX);
  const kinds = new Set(sorted.map(fact => fact.kind));
  const [first] = sorted;
  const what = first === undefined ? '' : SUBJECT[first.kind];
  const others = sorted.length - 1;
  return {
    v: '1',
    id: writing.id,
    writtenAt: writing.writtenAt,
    subject: `Countersign: ${what}${others === 0 ? '' : `, and ${others} more${kinds.size === 1 ? ' of the kind' : ''}`}`,
    items: listed.map(fact => itemOf(fact, writing)),
    more: String(sorted.length - listed.length),
    link: sorted.length === 1 && first !== undefined ? linkOf(first, writing.origin) : `${writing.origin}/decisions`,
  };
}

function itemOf(fact: NoticeFact, writing: Writing): NoticeItem {
  return {
    kind: fact.kind,
    text: textOf(fact),
    subject: fact.subject,
    tier: fact.tier,
    until: fact.until,
    name: writing.allowsNames ? nameText(fact.name) : '',
    link: linkOf(fact, writing.origin),
  };
}

function textOf(fact: NoticeFact): string {
  const { subject, tier, until } = fact;
  switch (fact.kind) {
    case 'review_waits':
      return `Proposal ${subject} (${tier}) waits for a review until ${timeText(until)}. ${blockedText(fact)}`;
    case 'review_expires':
      return `Proposal ${subject} (${tier}) expires at ${timeText(until)}, which is a no. ${blockedText(fact)}`;
    case 'review_escalated':
      return `Nobody has taken proposal ${subject} (${tier}), which expires at ${timeText(until)}: ${fact.count > 1 ? 'administrators are told as well' : 'everybody who may is asked again'}. Expiry is a no. ${blockedText(fact)}`;
    case 'act_in_doubt':
      return `Whether the act of proposal ${subject} (${tier}) was done is not known. Somebody has to look at the target.`;
    case 'act_not_in_effect':
      return `The act of proposal ${subject} (${tier}) was done and is not in effect.`;
    case 'lease_ended':
      return fact.count === 0
        ? `The lease of what proposal ${subject} contains ended, and its release cannot be proposed as things are. It stays contained; somebody has to look.`
        : `The lease of something contained ended. Proposal ${subject} would release it: until people sign that, it stays contained.`;
    case 'undo_differs':
      return `The undo of proposal ${subject} was done, and left something else than was declared before. Somebody has to look at the target.`;
    case 'break_glass_used':
      return `Somebody acted outside the normal route with proposal ${subject} (${tier}). Two people have to review it within 24 hours.`;
    case 'person_enrolled':
      return `${subject} was enrolled with a new passkey. It counts for two-person acts a day later; if nobody expected it, stop acts and look at People.`;
    case 'person_changed':
      return `Two people signed a change of ${subject}: they were invited, their passkey was reset, their roles changed, or they were removed. What is new does not count for two-person acts for a day; if nobody expected it, stop acts and look at People.`;
    case 'machine_refused':
      return `A machine identity was refused ${fact.count === 1 ? 'once' : `${fact.count} times`} within an hour: its secret was right, and it was used from elsewhere, or nobody answers for it any more. Which one stands on the page Machines; if nobody expected it, its secret is in other hands.`;
    case 'credential_misused':
      return `${fact.count === 1 ? 'A change was' : `${fact.count} changes were`} made at a target with the write credential of Countersign, and nobody signed for ${fact.count === 1 ? 'it' : 'them'}. What it was stands on Health; if nobody of you did it by hand, the credential is in other hands: change it now.`;
    case 'act_not_shown':
      return `The target said that the act of proposal ${subject} was done, and its own log does not show it. Somebody has to look at the target.`;
    case 'trail_silent':
      return 'The log in which a target keeps what is done there with our credential cannot be read, or was cut. What is done meanwhile by hand is not seen; which one stands on Health.';
    case 'acts_stopped':
      return "The kill switch was turned on: nothing is carried out until an administrator's signature turns it off.";
    case 'proposals_throttled':
      return `${fact.count === 1 ? 'A proposal was' : `${fact.count} proposals were`} turned away within an hour, because more wait than people can look at. Nothing is approved by that, and graver ones have room of their own.`;
    case 'incident_unowned':
      return `Incident ${subject} is of high or critical severity, and nobody owns it.`;
    case 'source_silent':
      return `A source fell silent: ${fact.count === 1 ? 'one stream' : `${fact.count} streams`}. What happens there meanwhile is not seen.`;
    case 'task_asked':
      return `A reviewer asks you for evidence for proposal ${subject}, until ${timeText(until)}. Nothing is decided if it does not come; what it is stands on the page.`;
    case 'task_settled':
      return `What you asked for proposal ${subject} was brought, or cannot be got. Reviews of an earlier revision are void where it was brought.`;
    case 'late_news':
      return `Records came late for incident ${subject}, in which something was decided without them. Nothing is voided by that.`;
  }
}

function blockedText({ missing }: NoticeFact): string {
  if (missing === undefined) return '';
  const people = `${missing.signatures} of ${missing.needed} ${missing.needed === 1 ? 'signature is' : 'signatures are'} missing.`;
  if (missing.gaps === 0) return people;
  return `${people} ${missing.gaps === 1 ? 'One gap' : `${missing.gaps} gaps`} in required telemetry to acknowledge.`;
}

/** `2026-11-26 08:15 UTC`. */
function timeText(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}

const HEALTH_KINDS: readonly NoticeKind[] = ['source_silent', 'credential_misused', 'trail_silent'];

function linkOf(fact: NoticeFact, origin: string): string {
  if (fact.subject.startsWith('prp_')) return `${origin}/proposals/${fact.subject}`;
  if (fact.subject.startsWith('inc_')) return `${origin}/incidents/${fact.subject}`;
  if (fact.subject.startsWith('usr_')) return `${origin}/people`;
  if (fact.kind === 'machine_refused') return `${origin}/machines`;
  return HEALTH_KINDS.includes(fact.kind) ? `${origin}/health` : `${origin}/decisions`;
}

/**
 * A name that an attacker may have written, as plain text in a mail or a chat: nothing invisible, one line, bounded, and
 * nothing that a client turns into a link or a mention by itself.
 */
export function nameText(name: string): string {
  const inert = inertLine(name);
  const cut = inert.length > NAME_CHARACTERS_MAX ? `${inert.slice(0, NAME_CHARACTERS_MAX)}…` : inert;
  return cut
    .replaceAll('://', '[:]//')
    .replace(/\.(?=\S)/g, '[.]')
    .replaceAll('@', '[at]')
    .replaceAll('"', "'");
}
