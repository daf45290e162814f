/** The name of a mailbox's user, as servers keep it: in lower case, so that one mailbox has one name. */
export const USER = /^[a-z0-9][a-z0-9._+@-]{0,126}$/;
/** A folder that a command can name as it is: ASCII that can be seen. What else there is stands there in modified UTF-7. */
export const FOLDER = /^[\x20-\x7e]{1,200}$/;
/** What an id that can be named is made of: ASCII that can be seen, without a space. */
const MESSAGE_ID = /^[\x21-\x7e]+$/;
/** A name that is longer would be cut where it is shown, and lead nowhere. */
const NAME_CHARS_MAX = 300;

/** A message of a mailbox, by the id in its header. */
export interface Named {
  readonly user: string;
  readonly messageId: string;
}

/** `alice/<id@example.org>`: the mailbox and the Message-ID, exactly as the header has it. Undefined for what can be none. */
export function namedBy(name: string): Named | undefined {
  if (name.length > NAME_CHARS_MAX) return undefined;
  const at = name.indexOf('/');
  const [user, messageId] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)];
  return USER.test(user) && MESSAGE_ID.test(messageId) ? { user, messageId } : undefined;
}

/** The inverse of {@link namedBy}. */
export function nameOf({ user, messageId }: Named): string {
  return `${user}/${messageId}`;
}
