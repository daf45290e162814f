import { parseJsonText, resolve } from './at.ts';
import { unescapeXml } from './xml.ts';

/**
 * True where the pointer leads to the text: to that value, to a text that contains it, or to a text that holds JSON
 * in which a scalar is or contains it. What the pages and the verifier of citations ask before they show a value as cited.
 */
export function resolvesTo(record: unknown, pointer: string, label: string): boolean {
  const value = resolve(record, pointer);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value) === label;
  if (typeof value !== 'string') return false;
  if (value.includes(label)) return true;
  // Inside a text a value may be escaped: a bar in CEF, a quote or a line break in JSON, an ampersand in XML.
  return (
    holds(value, label) ||
    value.replace(/\\(.)/gs, '$1').includes(label) ||
    // CEF escapes three characters, and products write other backslashes bare between them.
    value.replace(/\\([=\\|])/g, '$1').includes(label) ||
    unescapeXml(value).includes(label)
  );
}

function holds(text: string, label: string): boolean {
  const start =
    text.indexOf('{') < 0
      ? text.indexOf('[')
      : Math.min(text.indexOf('{'), text.indexOf('[') < 0 ? text.length : text.indexOf('['));
  const parsed = start < 0 ? undefined : (parseJsonText(text) ?? parseJsonText(text.slice(text.indexOf('{'))));
  if (parsed === undefined) return false;
  const open: unknown[] = [parsed];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (
      typeof node === 'string'
        ? node.includes(label) || holds(node, label)
        : String(node) === label && typeof node !== 'object'
    )
      return true;
    if (typeof node === 'object' && node !== null) open.push(...Object.values(node).filter(one => one !== null));
  }
  return false;
}
