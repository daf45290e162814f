import { ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import { urlFault } from '../shared/http/ask-http.ts';
import { ANY_TEXT, ONE_OF, settingsOf, wrong } from '../shared/settings.ts';
import { CHOSEN, operationNamed } from './manifest.ts';
import { bodyFault, pathFault } from './template.ts';

/** One call of a product's webhook, as its operator declared it. */
export interface Hook {
  readonly path: string;
  readonly body: string;
}

/** Where the product tells the state, and how it is read there. */
export interface Status {
  readonly path: string;
  /** JSON pointers (RFC 6901) into what is answered; empty: the product does not tell it. */
  readonly field: string;
  readonly name: string;
  readonly version: string;
  /** What stands at `field` once it is done, and once it is undone. */
  readonly done: string;
  readonly undone: string;
}

export interface WebhookSettings {
  /** Scheme, host and port: every address is there. */
  readonly origin: string;
  readonly operation: string;
  readonly hook: Hook;
  /** Undefined for an operation with no way back. */
  readonly undo: Hook | undefined;
  /** Undefined: the product tells no state, and nothing is ever claimed. */
  readonly status: Status | undefined;
  /** Targets that are never acted on: what Countersign itself comes by. */
  readonly never: readonly string[];
}

const optional =
  (fault: (value: string) => string | undefined) =>
  (value: string): string | undefined =>
    value === '' ? ANY_TEXT() : fault(value);

function originFault(text: string): string | undefined {
  const why = urlFault(text);
  return why === undefined && new URL(text).pathname !== '/' ? 'it is scheme, host and port; a path is in `path`' : why;
}

const POINTER = (text: string) => (/^(?:\/(?:[^~/]|~[01])+)+$/.test(text) ? undefined : 'it is no JSON pointer');
const NAMED = (text: string) => (text.length <= 100 ? undefined : 'it is too long');

const TABLE = {
  url: { fault: originFault },
  operation: { fault: ONE_OF(...CHOSEN) },
  path: { fault: pathFault },
  body: { fault: bodyFault },
  undo_path: { usual: '', fault: optional(pathFault) },
  undo_body: { usual: '', fault: optional(bodyFault) },
  status_path: { usual: '', fault: optional(pathFault) },
  status_field: { usual: '', fault: optional(POINTER) },
  status_done: { usual: '', fault: NAMED },
  status_undone: { usual: '', fault: NAMED },
  status_name: { usual: '', fault: optional(POINTER) },
  status_version: { usual: '', fault: optional(POINTER) },
  never: { usual: '', fault: ANY_TEXT },
} as const;

type Settings = { readonly [K in keyof typeof TABLE]: string };

/** The settings of a system, validated and spelled out. */
export function parseConfig(given: { readonly [name: string]: string }): Result<Settings, Failure> {
  const read = settingsOf('signed-webhook', TABLE, given);
  if (!read.ok) return read;
  const [name, why] = togetherFault(read.value) ?? [];
  return name === undefined || why === undefined ? read : wrong('signed-webhook', name, why);
}

/** What is wrong with settings that are right one by one: the setting, and why. */
function togetherFault(settings: Settings): readonly [string, string] | undefined {
  const { operation, undo_path, undo_body, status_path, status_field, status_done, status_undone } = settings;
  const hasUndo = operationNamed(operation)?.undo !== undefined;
  if (hasUndo !== (undo_path !== '') || hasUndo !== (undo_body !== ''))
    return [
      'undo_path',
      hasUndo
        ? `${operation} is undone by a call of its own; where the product has none, connect it as ${operation}-one-way`
        : `${operation} has no undo`,
    ];
  if (!settings.path.includes('{target}') && !settings.body.includes('{target}'))
    return ['body', 'neither path nor body says whom it is about: {target}'];
  if (hasUndo && !undo_path.includes('{target}') && !undo_body.includes('{target}'))
    return ['undo_body', 'neither path nor body says whom it is about: {target}'];
  if (status_path === '')
    return [status_field, status_done, status_undone, settings.status_name, settings.status_version].every(
      x => x === '',
    )
      ? undefined
      : ['status_path', 'without it no status is read'];
  if (!status_path.includes('{target}')) return ['status_path', 'it does not say whose status it is: {target}'];
  if (status_field === '' || status_done === '' || status_undone === '' || status_done === status_undone)
    return ['status_field', 'it needs status_done and status_undone, which differ'];
  return undefined;
}

/** {@link parseConfig}, as this responder uses it. */
export function readSettings(given: { readonly [name: string]: string }): Result<WebhookSettings, Failure> {
  const read = parseConfig(given);
  if (!read.ok) return read;
  const { value: is } = read;
  return ok({
    origin: new URL(is.url).origin,
    operation: is.operation,
    hook: { path: is.path, body: is.body },
    undo: is.undo_path === '' ? undefined : { path: is.undo_path, body: is.undo_body },
    status:
      is.status_path === ''
        ? undefined
        : {
            path: is.status_path,
            field: is.status_field,
            name: is.status_name,
            version: is.status_version,
            done: is.status_done,
            undone: is.status_undone,
          },
    never: is.never.split(',').flatMap(name => (name.trim() === '' ? [] : [name.trim()])),
  });
}

/** The operations that a system of these settings can do: the one that it was connected for, and what undoes it. */
export function offers(given: { readonly [name: string]: string }): readonly string[] {
  const operation = operationNamed(given['operation'] ?? '');
  return operation === undefined ? [] : [operation.name, ...(operation.undo === undefined ? [] : [operation.undo])];
}
