/**
 * The texts of the elements of the array that stands at `path` in a JSON document, exactly as they were sent. Undefined
 * where there is no array, or the document is cut short before its end. One pass, whatever the text.
 *
 * A parsed value would not do: JSON.parse rounds large numbers, and evidence is what the product sent.
 */
export function elementsAt(text: string, path: readonly string[]): readonly string[] | undefined {
  let at = placeOf(text, path);
  if (at === undefined || text[at] !== '[') return undefined;
  const elements: string[] = [];
  at = skipSpace(text, at + 1);
  if (text[at] === ']') return elements;
  for (;;) {
    const end = skipValue(text, at);
    if (end === undefined) return undefined;
    elements.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text[at] === ']') return elements;
    if (text[at] !== ',') return undefined;
    at = skipSpace(text, at + 1);
  }
}

/** The text of the value at `path`, exactly as it was sent. */
export function textOfValueAt(text: string, path: readonly string[]): string | undefined {
  const at = placeOf(text, path);
  const end = at === undefined ? undefined : skipValue(text, at);
  return end === undefined ? undefined : text.slice(at, end);
}

function placeOf(text: string, path: readonly string[]): number | undefined {
  let at = skipSpace(text, 0);
  for (const name of path) {
    const found = memberAt(text, at, name);
    if (found === undefined) return undefined;
    at = found;
  }
  return at;
}

/** Where the value of a member begins. The first member of that name counts. */
function memberAt(text: string, from: number, name: string): number | undefined {
  if (text[from] !== '{') return undefined;
  let at = skipSpace(text, from + 1);
  while (text[at] === '"') {
    const end = skipString(text, at);
    if (end === undefined) return undefined;
    const key = keyOf(text.slice(at, end));
    at = skipSpace(text, end);
    if (text[at] !== ':') return undefined;
    at = skipSpace(text, at + 1);
    if (key === name) return at;
    const after = skipValue(text, at);
    if (after === undefined) return undefined;
    at = skipSpace(text, after);
    if (text[at] !== ',') return undefined;
    at = skipSpace(text, at + 1);
  }
  return undefined;
}

function keyOf(quoted: string): unknown {
  try {
    return JSON.parse(quoted);
  } catch {
    return undefined;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

/** The place after a string, counted from its opening quote. */
function skipString(text: string, from: number): number | undefined {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at + 1;
  }
  return undefined;
}

/** The place after a value: brackets are counted outside strings, so no depth costs more than its length. */
function skipValue(text: string, from: number): number | undefined {
  if (text[from] === '"') return skipString(text, from);
  if (text[from] !== '{' && text[from] !== '[') {
    let at = from;
    while (at < text.length && !/[,\]}\s]/.test(text[at] ?? '')) at++;
    return at > from && at < text.length ? at : undefined;
  }
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = skipString(text, at);
      if (end === undefined) return undefined;
      at = end - 1;
    } else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}
