import { canonicalJson } from '../../base/canonical.ts';

/** The only hole that a template has. */
const HOLE = '{target}';
const TEMPLATE_CHARS_MAX = 2_000;
const TARGET_CHARS_MAX = 256;
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._@:+-]*$/;

/** Whether a text is a name as programs write them: nothing in it means anything to whoever takes addresses apart. */
export function isPlainName(text: string): boolean {
  return text.length <= TARGET_CHARS_MAX && PLAIN_NAME.test(text);
}

/** Why a path cannot be one of a webhook; undefined where it can. One place of it may be `{target}`, in a segment or a value of the query. */
export function pathFault(template: string): string | undefined {
  if (template.length > TEMPLATE_CHARS_MAX) return 'it is too long';
  if (!/^\/[A-Za-z0-9/._~\-=&?{}]*$/.test(template)) return 'it is no path, which starts with / and needs no escapes';
  const plain = template.replaceAll(HOLE, 'x');
  if (/[{}]/.test(plain)) return `the only hole is ${HOLE}`;
  if (/\/\/|\/\.{1,2}(?:\/|$|\?)/.test(plain)) return 'it has an empty segment, or one of dots';
  return (plain.match(/\?/g) ?? []).length > 1 ? 'it has two queries' : undefined;
}

/** Why a text cannot be the body of a webhook; undefined where it can: JSON in which `{target}` stands in values alone. */
export function bodyFault(template: string): string | undefined {
  if (template.length > TEMPLATE_CHARS_MAX) return 'it is too long';
  let value: unknown;
  try {
    value = JSON.parse(template);
  } catch {
    return 'it is no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no JSON object';
  return namesIn(value).some(name => name.includes(HOLE)) ? `${HOLE} stands in a value, and in no name` : undefined;
}

/** Whether something can be named in these paths: without leaving its place in any, whoever takes them apart. */
export function fits(target: string, paths: readonly string[]): boolean {
  if (target === '' || target.length > TARGET_CHARS_MAX || !target.isWellFormed() || /\p{Cc}/u.test(target))
    return false;
  if (target !== target.trim()) return false;
  const isInAPath = paths.some(path => path.split('?')[0]?.includes(HOLE) === true);
  return !isInAPath || isPlainName(target);
}

/** A path with the target in its place. */
export function filledPath(template: string, target: string): string {
  return template.replaceAll(HOLE, () => encodeURIComponent(target));
}

/** A body with the target in its places: the template is taken apart first, so that no target can add to it. */
export function filledBody(template: string, target: string): string {
  return canonicalJson(filled(JSON.parse(template), target)) ?? '{}';
}

function filled(value: unknown, target: string): unknown {
  if (typeof value === 'string') return value.replaceAll(HOLE, () => target);
  if (Array.isArray(value)) return value.map(one => filled(one, target));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one, target)]));
}

function namesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return Object.entries(value).flatMap(([name, one]) => [name, ...namesIn(one)]);
}
