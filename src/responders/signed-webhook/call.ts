import { createHash, createHmac } from 'node:crypto';
import type { Secret } from '../../ports/responder.ts';
import { askHttp, Denied } from '../shared/http/ask-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { Hook, Status, WebhookSettings } from './config.ts';
import { filledBody, filledPath, fits } from './template.ts';

/** Exactly what would be sent. */
export interface Call {
  readonly url: URL;
  readonly body: string;
  /** SHA-256 over method, path and body: what people sign is bound to it. Where it goes stands in the plan. */
  readonly sha256: string;
}

/** What the product says of a target. Texts as they stand there; empty where it does not tell. */
export interface Seen {
  readonly value: string;
  readonly name: string;
  readonly version: string;
}

/** The call for an operation on a target; undefined where these settings have none, or the target cannot be named in it. */
export function callFor(settings: WebhookSettings, operation: string, target: string): Call | undefined {
  const hook: Hook | undefined = operation === settings.operation ? settings.hook : settings.undo;
  if (hook === undefined || !canBeNamed(settings, target)) return undefined;
  const url = new URL(`${settings.origin}${filledPath(hook.path, target)}`);
  const body = filledBody(hook.body, target);
  return {
    url,
    body,
    sha256: createHash('sha256').update(`POST\n${url.pathname}${url.search}\n${body}`).digest('hex'),
  };
}

/** Whether a target can be named in every address of these settings. */
export function canBeNamed({ hook, undo, status }: WebhookSettings, target: string): boolean {
  return fits(target, [hook.path, undo?.path ?? '', status?.path ?? '']);
}

/** What the product says now; undefined where it knows nobody of this very name. */
export async function look(
  settings: WebhookSettings,
  status: Status,
  target: string,
  secret: Secret,
  timeoutMs: number,
): Promise<Seen | undefined> {
  const answer = await askHttp({
    method: 'GET',
    url: new URL(`${settings.origin}${filledPath(status.path, target)}`),
    headers: { authorization: `Bearer ${secret.reveal()}`, accept: 'application/json' },
    timeoutMs,
  });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw new Denied(answer.status);
  const told = parsed(answer.text);
  const value = textAt(told, status.field);
  if (value === undefined) throw new NoAnswer('what was answered holds no status');
  const name = status.name === '' ? '' : textAt(told, status.name);
  // Most products compare names without case: whoever is written otherwise is somebody else here.
  if (status.name !== '' && name !== target) return undefined;
  return { value, name: name ?? '', version: status.version === '' ? '' : (textAt(told, status.version) ?? '') };
}

/** Makes the call, signed by Standard Webhooks. The id is the act's own, so that a product that keeps ids takes it once. */
export async function send(
  { url, body }: Call,
  key: string,
  secret: Secret,
  timeoutMs: number,
  now: number,
): Promise<void> {
  const id = `msg_${key.replace(/[^A-Za-z0-9_-]/g, '_')}`;
  const timestamp = String(Math.floor(now / 1_000));
  const { status } = await askHttp({
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signatureOf(secret, id, timestamp, body)}`,
    },
    body,
    timeoutMs,
  });
  if (status < 200 || status >= 300) throw new Denied(status);
}

const SECRET = /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/;

/** Whether a credential is a secret by which Standard Webhooks signs: 24 bytes or more, in base64 behind `whsec_`. */
export function canSign(secret: Secret): boolean {
  return SECRET.test(secret.reveal());
}

function signatureOf(secret: Secret, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(secret.reveal().slice('whsec_'.length), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const TEXT_CHARS_MAX = 256;

/** The text, number or truth at a JSON pointer; undefined where there is none. */
function textAt(value: unknown, pointer: string): string | undefined {
  let at: unknown = value;
  for (const step of pointer.slice(1).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Object.entries(at).find(([one]) => one === name)?.[1];
  }
  if (typeof at === 'boolean' || typeof at === 'number') return String(at);
  return typeof at === 'string' && at.length <= TEXT_CHARS_MAX ? at : undefined;
}
