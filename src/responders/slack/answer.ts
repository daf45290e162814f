import { Denied, type HttpAnswer } from '../shared/http/ask-http.ts';
import { asMembers, asText, jsonOf } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';

/** Whoever asks may not: with these nothing was done. https://docs.slack.dev/reference/methods/admin.users.session.reset */
const NO: ReadonlySet<string> = new Set([
  'access_denied',
  'account_inactive',
  'cannot_reset_bot',
  'cannot_reset_primary_owner',
  'enterprise_is_restricted',
  'feature_not_enabled',
  'invalid_auth',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'not_an_admin',
  'not_authed',
  'token_expired',
  'token_revoked',
  'two_factor_setup_required',
]);
const NOBODY: ReadonlySet<string> = new Set(['user_not_found', 'user_not_visible', 'users_not_found']);
const FORBIDDEN = 403;

/**
 * What a method of Slack answered: its members, or undefined where there is no such user. The trap: a no is a 200 with
 * `ok: false`. Rejects with Denied where Slack says that it may not be done, and with NoAnswer for a word that tells of a
 * fault of its own, after which something may have been done.
 */
export function membersOf(body: unknown): ReadonlyMap<string, unknown> | undefined {
  const members = asMembers(body);
  if (members.get('ok') === true) return members;
  const word = asText(members.get('error'));
  if (members.get('ok') === false && NOBODY.has(word)) return undefined;
  if (members.get('ok') === false && NO.has(word)) throw new Denied(FORBIDDEN);
  throw new NoAnswer(word === '' ? 'the answer is not in the form that was asked for' : `Slack says ${word}`);
}

/** {@link membersOf}, for what changed something: no such user is a no, too. */
export function assertDone({ text }: HttpAnswer): void {
  if (membersOf(jsonOf(text)) === undefined) throw new Denied(FORBIDDEN);
}
