import { addressParser } from 'postal-mime';
import { fail, ok, type Result } from '../../base/result.ts';
import type { EntityRole, NormalisedAlert } from '../../model/alert.ts';
import type { RawRecord, Refusal, Source } from '../../ports/source.ts';
import { type At, dig, each, rootOf, textAt } from '../shared/at.ts';
import { closeDraft, type Draft, NO_TIME, openDraft, putEntity, putField, putTime, warn } from '../shared/draft.ts';
import { hostOfUrl, normaliseDomain, normaliseIp } from '../shared/values.ts';
import { authenticationOf, firstOutside, serverOf, traceTime } from './received.ts';

/** Addresses of one field that are looked at, and the characters of it in which they are. */
const ADDRESSES_MAX = 64;
const FIELD_CHARS_MAX = 8_192;

function isMessage(root: At): boolean {
  return textAt(dig(root, '@type')) === 'message/rfc822' && dig(root, 'header') !== undefined;
}

/** The addresses of a field, each as it stands there. One that its quoting hides is left in the raw message. */
function addressesOf(fields: At | undefined): readonly { readonly at: At; readonly address: string }[] {
  const found: { readonly at: At; readonly address: string }[] = [];
  for (const at of each(fields)) {
    const text = (textAt(at) ?? '').slice(0, FIELD_CHARS_MAX);
    for (const { address } of addressParser(text, { flatten: true })) {
      if (address === undefined || !/^[^\s@<>]+@[^\s@<>]+$/.test(address) || !text.includes(address)) continue;
      found.push({ at, address });
      if (found.length >= ADDRESSES_MAX) return found;
    }
  }
  return found;
}

function putMailboxes(draft: Draft, role: EntityRole, fields: At | undefined, field?: 'email_from' | 'email_to'): void {
  for (const { at, address } of addressesOf(fields)) {
    putEntity(draft, 'mailbox', role, at, { part: address });
    if (field !== undefined) putField(draft, field, at, address);
  }
}

/** Who handed the message on to us: of a forwarded one its outer sender, else who sent it again (RFC 5322, Resent-From). */
function putReporter(draft: Draft, root: At, isCarried: boolean): void {
  const header = dig(root, 'header');
  putMailboxes(draft, 'observer', isCarried ? dig(header, 'from') : dig(header, 'resent-from'));
}

function putTrace(draft: Draft, header: At | undefined): void {
  const received = dig(header, 'received');
  const outside = firstOutside(received);
  if (outside !== undefined) {
    putField(draft, 'src_ip', outside.at, outside.ip);
    putEntity(draft, 'ip', 'actor', outside.at, { part: outside.ip });
  }
  const found = authenticationOf(dig(header, 'authentication-results'), serverOf(received));
  if (found === 'foreign') warn(draft, 'the topmost Authentication-Results is not of the server that took the mail in');
  else if (found === undefined) warn(draft, 'no server says whether SPF, DKIM or DMARC hold');
  else {
    warn(draft, `the receiving server recorded ${found.results.join(', ')}`);
    putField(draft, 'action', found.at, found.decisive);
  }
}

function putContent(draft: Draft, message: At): void {
  for (const link of each(dig(message, 'links'))) {
    const text = textAt(link);
    const host = hostOfUrl(text ?? '');
    if (text === undefined || host === undefined) continue;
    putField(draft, 'url', link);
    putEntity(draft, 'url', 'related', link);
    if (normaliseIp(host) !== undefined) putEntity(draft, 'ip', 'related', link, { part: host });
    if (normaliseDomain(host) === undefined) continue;
    putField(draft, 'domain', link, host);
    putEntity(draft, 'domain', 'related', link, { part: host });
  }
  for (const file of each(dig(message, 'attachments'))) {
    putField(draft, 'file_path', dig(file, 'name'));
    putEntity(draft, 'file', 'related', dig(file, 'name'));
    putField(draft, 'hash_sha256', dig(file, 'sha256'));
    putEntity(draft, 'hash', 'related', dig(file, 'sha256'));
  }
}

function putMessageId(draft: Draft, header: At | undefined): void {
  const at = each(dig(header, 'message-id'))[0];
  const part = /^<?([^<>\s]{1,998})>?$/.exec(textAt(at) ?? '')?.[1];
  if (part !== undefined) putEntity(draft, 'message', 'related', at, { part });
}

function normalise(record: RawRecord): Result<NormalisedAlert, Refusal> {
  const root = rootOf(record.value);
  if (!isMessage(root)) return fail({ code: 'source.rejected_input', detail: 'no message of mail' });
  const draft = openDraft(record.value);
  const carried = dig(root, 'reported');
  const message = carried ?? root;
  const header = dig(message, 'header');
  const received = each(dig(header, 'received'))[0];
  // The receiving server's clock, which is ours, before the sender's.
  const written = each(dig(header, 'date'))[0];
  const occurredAt = putTime(draft, traceTime(received) ?? written);
  if (occurredAt === undefined) warn(draft, NO_TIME);
  putMailboxes(draft, 'actor', dig(header, 'from'), 'email_from');
  for (const name of ['reply-to', 'return-path', 'sender']) putMailboxes(draft, 'related', dig(header, name));
  for (const name of ['to', 'cc', 'delivered-to']) putMailboxes(draft, 'target', dig(header, name), 'email_to');
  putReporter(draft, root, carried !== undefined);
  putTrace(draft, header);
  putMessageId(draft, header);
  putContent(draft, message);
  const subject = textAt(each(dig(header, 'subject'))[0]);
  const title = `Reported message: ${subject ?? '(no subject)'}`;
  return ok(
    closeDraft(draft, {
      source: 'email',
      // The sender chooses the Message-ID, so it can not be what makes two messages one.
      vendorId: undefined,
      product: 'E-mail',
      vendor: undefined,
      title,
      // Two messages of one sender to one person are two, unless they say the same.
      rule: title,
      severity: 'unknown',
      occurredAt,
      isAlert: true,
    }),
  );
}

/** A message of mail (RFC 5322) that somebody reported, alone or carried in the report. */
export const email: Source = {
  id: 'email',
  title: 'E-mail report (.eml, mbox)',
  keys: ['@type'],
  recognise: record => (isMessage(rootOf(record.value)) ? 0.95 : 0),
  normalise,
};
