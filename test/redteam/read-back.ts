/** A reader of RFC 4180 that knows nothing of the writer. */
export function readCsv(text: string): readonly (readonly string[])[] {
  return text
    .split('\r\n')
    .slice(0, -1)
    .map(line => [...line.matchAll(/(?:^|,)"((?:[^"]|"")*)"/g)].map(([, cell = '']) => cell.replaceAll('""', '"')));
}

/** What is left of a line of Markdown when its code spans are taken out, and what stood in them (CommonMark 6.1). */
export function codeSpans(line: string): { readonly rest: string; readonly codes: readonly string[] } {
  const codes: string[] = [];
  let rest = '';
  let at = 0;
  while (at < line.length) {
    const open = /`+/y;
    open.lastIndex = at;
    const run = open.exec(line)?.[0];
    if (run === undefined) {
      rest += line[at++];
      continue;
    }
    const close = [...line.slice(at + run.length).matchAll(/`+/g)].find(([one]) => one.length === run.length);
    if (close === undefined) {
      rest += run;
      at += run.length;
      continue;
    }
    codes.push(line.slice(at + run.length, at + run.length + close.index).replace(/^ (.*[^ ].*) $/, '$1'));
    at += run.length + close.index + run.length;
  }
  return { rest, codes };
}
