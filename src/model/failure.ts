/**
 * Every expected failure of the product, one line each. A code is part of the API: it is never reused or
 * renamed. `shown` is for people and holds no internals; what an operator needs stands in `Failure.detail`.
 */
export const FAILURES = {
  'request.malformed': { http: 400, shown: 'The request is not in the expected form.' },
  'request.too_large': { http: 413, shown: 'The request is larger than allowed.' },
  'request.not_same_origin': { http: 403, shown: 'The request did not come from this page.' },
  'request.unknown_host': { http: 421, shown: 'This address is not one that Countersign answers on.' },
  'session.missing': { http: 401, shown: 'Sign in first.' },
  'session.expired': { http: 401, shown: 'The session has ended. Sign in again.' },
  'access.denied': { http: 403, shown: 'Your roles do not allow this.' },
  'access.machine': { http: 403, shown: 'Only a person can do this.' },
  'agent.too_many': { http: 409, shown: 'You answer for as many agents as one person may. End one first.' },
  'gateway.unknown_upstream': { http: 404, shown: 'No server has this name here.' },
  'gateway.tool_blocked': { http: 403, shown: 'This tool was not adopted, so it is not called.' },
  'gateway.tool_quarantined': {
    http: 403,
    shown: 'This tool is not what people adopted. It is not called until they adopt it again.',
  },
  'gateway.bad_arguments': { http: 422, shown: 'No call can be proposed with these arguments.' },
  'gateway.no_answer': { http: 502, shown: 'The server of this tool did not answer.' },
  not_found: { http: 404, shown: 'There is nothing here under that name.' },
  'source.unknown': { http: 404, shown: 'No source has this name.' },
  'source.bad_signature': { http: 401, shown: 'The signature of the delivery does not match.' },
  'source.replayed': { http: 409, shown: 'This delivery was taken before.' },
  'source.rejected_input': { http: 422, shown: "The record doesn't match the format of its source." },
  'source.unrecognised': { http: 422, shown: 'No source recognises this record.' },
  'enrolment.link_used': { http: 410, shown: 'This enrolment link was used before.' },
  'enrolment.link_expired': { http: 410, shown: 'This enrolment link has expired.' },
  'enrolment.bad_signature': { http: 403, shown: 'The enrolment link does not match what was signed.' },
  'invitation.takes_two': {
    http: 409,
    shown:
      'Somebody else has to sign this invitation too. Invite them again, and have a second person sign it on People.',
  },
  'enrolment.not_allowed': { http: 403, shown: 'This person may not be enrolled with these roles.' },
  'notice.no_channel': { http: 409, shown: 'No mail can be sent: an operator has not set up a mail server.' },
  'notice.no_address': { http: 409, shown: 'Name an address of your own first, and confirm it.' },
  'notice.address_not_allowed': { http: 422, shown: 'Notices may not be sent to this address.' },
  'notice.code_wrong': { http: 409, shown: 'This link is not for you, was used, or is too old. Ask for another.' },
  'fingerprint.not_tried': {
    http: 409,
    shown: 'Try the change on what is stored first: what was tried is not this, or something changed since.',
  },
  'proposal.ungrounded': { http: 422, shown: 'A proposal must cite evidence, and its evidence must hold.' },
  'proposal.target_not_found': { http: 422, shown: 'The target was not found in the target system.' },
  'proposal.target_ambiguous': { http: 422, shown: 'The name of the target means more than one thing.' },
  'proposal.target_mentioned_only': {
    http: 422,
    shown: 'This name stands only in free text, so it cannot be a target.',
  },
  'proposal.not_explained': {
    http: 422,
    shown:
      'The incident is not told well enough for this. Each number that is too low stands beside what would raise it.',
  },
  'proposal.refused_by_plan': { http: 422, shown: 'The target system does not allow this.' },
  'proposal.not_expressible': { http: 422, shown: 'Countersign does not do this, whoever asks.' },
  'proposal.wrong_state': { http: 409, shown: 'The proposal has moved on. Look at it again.' },
  'proposal.throttled': {
    http: 429,
    shown: 'So many proposals wait for people that no more are taken now.',
  },
  'proposal.lease': { http: 422, shown: 'An act of this kind cannot have this lease.' },
  'proposal.duplicate': { http: 409, shown: 'The same act is already in review.' },
  'review.too_late': { http: 409, shown: 'The proposal expired before the review.' },
  'review.act_changed': { http: 409, shown: 'The proposal changed after you opened it. Read it again.' },
  'review.presentation_changed': {
    http: 409,
    shown: 'What was shown is not what the server holds. Reload and read it again.',
  },
  'review.policy_changed': { http: 409, shown: 'The policy changed. Read the proposal again.' },
  'review.contributor': { http: 403, shown: 'You contributed to this proposal, so somebody else has to review it.' },
  'proposal.subject': { http: 403, shown: 'This is about an account of yours, so others have to propose it.' },
  'review.cooling': {
    http: 403,
    shown: 'Your passkey is too new to sign for two-person acts. It counts a day after it was enrolled.',
  },
  'review.subject': { http: 403, shown: 'This is about an account of yours, so others have to decide it.' },
  'review.not_eligible': { http: 403, shown: 'Your roles do not allow a review of this tier.' },
  'review.twice': { http: 409, shown: 'You have reviewed this revision already.' },
  'review.bad_signature': { http: 403, shown: 'The signature does not cover this review.' },
  'review.nonce_used': { http: 409, shown: 'This signature was used before.' },
  'review.reason_missing': { http: 422, shown: 'Give a reason that says why.' },
  'review.judge_first': {
    http: 422,
    shown: 'Say first what you think from the evidence alone; then approve. Rejecting does not wait for it.',
  },
  'review.evidence_unopened': { http: 422, shown: 'Open the evidence before you approve.' },
  'review.gap_unacknowledged': {
    http: 422,
    shown: 'Required telemetry is missing. Acknowledge it before you approve.',
  },
  'batch.unlike': {
    http: 422,
    shown: 'Only proposals of one operation and one tier are signed together, and none that takes two people.',
  },
  'batch.size': { http: 422, shown: 'So many are not signed together: from two to 20 of T1, from two to five of T2.' },
  'batch.unopened': { http: 422, shown: 'Open the evidence of the one that was chosen, then sign.' },
  'execution.digest_mismatch': { http: 409, shown: 'The act is not the one that was approved. Nothing was done.' },
  'execution.not_in_log': { http: 409, shown: 'The decision is not in the signed log. Nothing was done.' },
  'execution.log_rolled_back': {
    http: 409,
    shown: 'The log is older than the last checkpoint that was seen. Nothing was done.',
  },
  'execution.quorum_unmet': { http: 409, shown: 'The reviews do not meet the quorum. Nothing was done.' },
  'execution.glass_locked': {
    http: 409,
    shown: 'An earlier emergency of yours was not reviewed in time, so you cannot break the glass. Nothing was done.',
  },
  'execution.drill': {
    http: 409,
    shown: 'This was a drill: it was wrong on purpose, and could never be carried out. Nothing was done.',
  },
  'execution.unsealed': {
    http: 409,
    shown: 'Nothing shows that this was an act when it was made. Propose it again. Nothing was done.',
  },
  'execution.expired': { http: 409, shown: 'The approval expired. Nothing was done.' },
  'execution.lease': { http: 409, shown: 'Its lease is over, or is not the one that was shown. Nothing was done.' },
  'execution.stopped': { http: 409, shown: 'The kill switch is on. Nothing was done.' },
  'execution.tier_raised': { http: 409, shown: 'The target needs a stricter review than it got. Nothing was done.' },
  'execution.target_changed': { http: 409, shown: 'The target changed after the review. Nothing was done.' },
  'execution.alias_changed': { http: 409, shown: 'The name now means something else. Nothing was done.' },
  'execution.policy_changed': { http: 409, shown: 'The policy changed after the review. Nothing was done.' },
  'machine.ownerless': {
    http: 403,
    shown: 'Nobody answers for this machine identity any more. Somebody has to take it over on the page Machines.',
  },
  'machine.expired': { http: 403, shown: 'The time for which somebody answered for this machine identity is over.' },
  'machine.unused': {
    http: 403,
    shown: 'This machine identity was not used for 90 days, so somebody has to take it over.',
  },
  'machine.elsewhere': { http: 403, shown: 'This machine identity is not used from here.' },
  'execution.credential_ownerless': {
    http: 409,
    shown: 'Nobody answers for the credential of this system any more. Nothing was done.',
  },
  'execution.credential_expired': {
    http: 409,
    shown: 'The time for which somebody answered for the credential of this system is over. Nothing was done.',
  },
  'execution.credential_overdue': {
    http: 409,
    shown: 'The credential of this system was not made anew for a year. Nothing was done.',
  },
  'person_change.not_eligible': {
    http: 403,
    shown: 'Nobody decides about themselves, and only responders, owners and administrators sign for others.',
  },
  'person_change.refused': {
    http: 409,
    shown: 'This change cannot be made as people are now. Look at the list again.',
  },
  'person_change.last_administrator': {
    http: 409,
    shown: 'Nobody would be an administrator any more. Make somebody else one first.',
  },
  'person_change.administrator_missing': { http: 409, shown: 'An administrator has to be one of the two who sign.' },
  'person_change.signed_before': { http: 409, shown: 'You signed this already, or two others did.' },
  'person_change.expired': { http: 409, shown: 'The time to sign this is over. Begin it again.' },
  'person_change.too_new': {
    http: 409,
    shown: 'Your passkey or role is too new to sign for others. It counts a day after you got it.',
  },
  'delegation.not_eligible': {
    http: 422,
    shown: 'They could not sign an act of two people themselves, so they cannot do it for somebody else.',
  },
  'review.no_seat': { http: 409, shown: 'No seat that is still open is yours. Your signature would change nothing.' },
  'task.not_what_is_signed': { http: 422, shown: 'What is asked is not what would be signed. Reload and ask again.' },
  'task.no_window': { http: 422, shown: 'Say from when to when it is wanted.' },
  'task.due': { http: 422, shown: 'It has to be due before the proposal expires.' },
  'task.nobody_to_ask': { http: 422, shown: 'Nobody of that name works here.' },
  'task.too_many': { http: 409, shown: 'As much is asked for this proposal as can be open at once.' },
  'task.settled': { http: 409, shown: 'This is settled, or the proposal moved on meanwhile. Look at it again.' },
  'task.not_yours': {
    http: 403,
    shown: 'Whoever was asked says that it cannot be got, and whoever asked takes it back.',
  },
  'task.nothing_new': { http: 422, shown: 'The proposal cites these records already. Bring one that it does not.' },
  'task.too_much': { http: 409, shown: 'The proposal cites as many records as people can look at.' },
  'comment.too_many': { http: 409, shown: 'This proposal holds as many comments as it takes.' },
  'execution.quorum_changed': {
    http: 409,
    shown: 'Others own this now than those who were asked. Nothing was done.',
  },
  'execution.policy_error': {
    http: 409,
    shown: 'The policy could not be evaluated, which counts as a no. Nothing was done.',
  },
  'execution.not_demo_target': {
    http: 409,
    shown: 'A demo acts only on targets that it started itself. Nothing was done.',
  },
  'execution.batch_stopped': {
    http: 409,
    shown: 'Another act that was signed with it did not go as expected. Nothing was done; sign this one by itself.',
  },
  'execution.already_claimed': { http: 409, shown: 'This act was started before.' },
  'responder.unknown': { http: 422, shown: 'No responder has this name.' },
  'responder.not_configured': { http: 422, shown: 'The responder has no connection to its target system.' },
  'responder.unreachable': { http: 502, shown: "The target system didn't answer." },
  'responder.refused': { http: 502, shown: 'The target system refused the change.' },
  'responder.missing_scope': { http: 502, shown: 'The credential of the responder lacks a right that it needs.' },
  'trail.seen_before': { http: 409, shown: 'Somebody looked at this already, and wrote down what it was.' },
  'responder.no_trail': { http: 422, shown: 'The target system keeps no log of what is done with this credential.' },
  'responder.trail_cut': { http: 502, shown: 'The log of the target system ends before what was read of it.' },
  'responder.drift': { http: 409, shown: 'The target is not in the state that was planned for. Nothing was done.' },
  'responder.no_effect': { http: 502, shown: 'The target system accepted the change but it is not in effect.' },
  'inventory.malformed': { http: 422, shown: 'The inventory file is not in the expected form.' },
  'provider.invalid': { http: 422, shown: 'The provider is not in the expected form.' },
  'provider.key_needed': { http: 422, shown: 'Enter the key again: where it would be sent has changed.' },
  'provider.key_unreadable': {
    http: 422,
    shown: 'The key could not be opened. Load the page again and enter it once more.',
  },
  'provider.too_many': { http: 409, shown: 'There are as many providers as there may be.' },
  'policy.malformed': { http: 422, shown: 'The policy does not load.' },
  'policy.locks_out': {
    http: 422,
    shown: 'Under this policy too few people could still decide, so nobody could take it back.',
  },
  'policy.own_pending': {
    http: 409,
    shown: 'Something of yours is in review that this policy would make easier. Somebody else has to propose it.',
  },
  'playbook.refused': { http: 422, shown: 'The playbook does not load.' },
  'playbook.over': { http: 409, shown: 'The run has ended already.' },
  'playbook.changed': {
    http: 409,
    shown: 'Another version stands than the one that was asked for. Nothing was started.',
  },
  'incident.closed': { http: 409, shown: 'The incident is closed.' },
  'incident.cannot_undo': { http: 409, shown: 'This change was undone already, or something later rests on it.' },
  'system.not_ready': { http: 503, shown: 'Something that matters is down. Nothing was changed.' },
  'system.rate_limited': { http: 429, shown: 'Too many requests. Wait a moment.' },
} as const satisfies Record<string, { readonly http: number; readonly shown: string }>;

export type FailureCode = keyof typeof FAILURES;

export interface Failure {
  readonly code: FailureCode;
  /** For operators and the log. May hold host names, ids and vendor text; never leaves the server. */
  readonly detail: string;
  /** For how many seconds a target asked to be left alone, 0 where it did not say; absent where it did not ask. */
  readonly asksToWaitS?: number;
}

export function failureOf(code: FailureCode, detail: string): Failure {
  return { code, detail };
}
