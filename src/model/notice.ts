import type { Tier } from './proposal.ts';

/** What people are told of. Closed: nothing else is ever sent to anybody, beside a test and the check of an address. */
export const NOTICE_KINDS = [
  'review_waits',
  'review_expires',
  'review_escalated',
  'act_in_doubt',
  'act_not_in_effect',
  'lease_ended',
  'undo_differs',
  'break_glass_used',
  'person_enrolled',
  'person_changed',
  'machine_refused',
  'credential_misused',
  'act_not_shown',
  'trail_silent',
  'acts_stopped',
  'proposals_throttled',
  'incident_unowned',
  'source_silent',
  'late_news',
  'task_asked',
  'task_settled',
] as const;

export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Each kind as a person chooses it. */
export const NOTICE_KIND_TEXT: { readonly [K in NoticeKind]: string } = {
  review_waits: 'a proposal waits for my seat',
  review_expires: 'a proposal that waits for my seat expires soon',
  review_escalated: 'nobody takes a proposal that I could take',
  act_in_doubt: 'an act is in doubt',
  act_not_in_effect: 'an act took no effect',
  lease_ended: 'the lease of something contained ended',
  undo_differs: 'an undo left something else than was declared',
  break_glass_used: 'somebody used break-glass',
  person_enrolled: 'somebody was enrolled',
  machine_refused: 'a machine identity was used where or when it may not be',
  credential_misused: 'a change was made with our credential that nobody signed',
  act_not_shown: 'a target’s own log does not show an act of ours',
  trail_silent: 'a target’s own log cannot be read',
  person_changed: 'somebody was invited by two, a passkey reset, a role changed, or somebody removed',
  acts_stopped: 'the kill switch was turned on',
  proposals_throttled: 'more is proposed than people can look at',
  incident_unowned: 'a high or critical incident has no owner',
  source_silent: 'a source fell silent',
  late_news: 'news came late on something that was decided',
  task_asked: 'a reviewer asks me for evidence',
  task_settled: 'evidence that I asked for came, or cannot be got',
};

/** Nobody can leave these out: suppressing them would hide what has to be looked at. */
export const NOTICE_KINDS_ALWAYS: readonly NoticeKind[] = [
  'break_glass_used',
  'person_enrolled',
  'person_changed',
  'review_escalated',
  'credential_misused',
];

/**
 * One thing that happened, as it is kept. `key` is the same for the same thing, so that nobody is told twice. Ids and
 * words of closed lists, but for `name`, which may be an attacker's: it leaves only where an administrator allows names.
 */
export interface NoticeFact {
  readonly key: string;
  readonly kind: NoticeKind;
  /** `prp_…`, `inc_…`, or empty where it is about no single one. */
  readonly subject: string;
  readonly tier: Exclude<Tier, 'TX'> | '';
  /** RFC 3339, or empty. */
  readonly until: string;
  /** How many signatures are missing, of how many; empty where it is no review. */
  readonly missing: { readonly signatures: number; readonly needed: number; readonly gaps: number } | undefined;
  readonly count: number;
  readonly name: string;
}

/** One line of a notice. All words are our templates'; `name` is drawn inert, and empty where names are not allowed. */
export interface NoticeItem {
  readonly kind: NoticeKind | 'address_check' | 'channel_test';
  readonly text: string;
  readonly subject: string;
  readonly tier: string;
  readonly until: string;
  readonly name: string;
  /** Opens a page, and carries no authority: whoever follows it has to sign in and decides nothing by following it. */
  readonly link: string;
}

/** What leaves, whole. Closed: strings and lists only. The same `id` is the same notice, also where it comes twice. */
export interface Notice {
  readonly v: '1';
  readonly id: `ntc_${string}`;
  readonly writtenAt: string;
  readonly subject: string;
  readonly items: readonly NoticeItem[];
  /** How many more there are that are not listed. */
  readonly more: string;
  /** Where all of it can be seen. */
  readonly link: string;
}

/** When somebody is left in peace, by their own clock; equal ends mean never. Minutes after midnight. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
  /** IANA: `Europe/Berlin`. */
  readonly zone: string;
}

/* ---------- what crosses the wire ---------- */

/** GET and PUT /api/v1/tell-me: what the person who asks is told of, and where. */
export interface TellMe {
  readonly address: string;
  readonly isConfirmed: boolean;
  /** A mail with a link was sent, and nobody has followed it yet. */
  readonly isWaiting: boolean;
  readonly kinds: readonly NoticeKind[];
  readonly quiet: QuietHours;
  /** Empty where no mail can be sent, with the reason beside it. */
  readonly because: string;
}

/** A channel as an administrator sees it: no credential, and no address of a hook, which is one. */
export interface ChannelView {
  readonly name: string;
  readonly kind: string;
  readonly title: string;
  /** Host, or that it is a hook. */
  readonly where: string;
  readonly addresses: readonly string[];
  readonly kinds: readonly NoticeKind[];
  readonly allowsNames: boolean;
  readonly waiting: number;
  readonly failed: number;
  readonly lastSent: string;
  readonly lastFailure: string;
}

/** A notice that was given up. */
export interface GivenUp {
  readonly id: string;
  readonly channel: string;
  readonly at: string;
  readonly tries: number;
  readonly because: string;
}

/** GET /api/v1/notices. */
export interface NoticesView {
  readonly channels: readonly ChannelView[];
  readonly waiting: number;
  readonly failed: number;
  readonly sentToday: number;
  readonly givenUp: readonly GivenUp[];
  /** Why the channels cannot be read; empty where they can. */
  readonly because: string;
}
