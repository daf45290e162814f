import { fail, ok, type Result } from '../../../../base/result.ts';
import { parseTime, rfc3339, type UnixMs } from '../../../../base/time.ts';
import { MAIN, type PlaybookProblem } from '../../../../model/playbook.ts';
import { CACAO, CACAO_CHARS_MAX, type Cacao, EXTENSION } from './format.ts';
import { WorkflowReader } from './read-workflow.ts';

/** What a CACAO document says as a file of ours, and what whoever brings it should know. */
export interface FromCacao {
  /** As `readPlaybook` takes it. */
  readonly written: { readonly [member: string]: unknown };
  readonly notes: readonly string[];
}

/** Whether a text is meant to be CACAO, so that it is read as such. */
export function looksLikeCacao(text: string): boolean {
  return /^\s*[[{]/.test(text) && /"spec_version"\s*:/.test(text);
}

/**
 * Reads CACAO 2.0: one document, or a list of which the first is the main one. A document that is revoked or out of its time is
 * refused, and so is a command that no kind of response stands for: `bash`, `ssh`, `http-api` and the like run nowhere here. What
 * other programs write and we have no member for is left out only where it changes no path.
 */
export function fromCacao(text: string, now: UnixMs): Result<FromCacao, readonly PlaybookProblem[]> {
  if (text.length > CACAO_CHARS_MAX) return fail([{ at: '', text: `it has more than ${CACAO_CHARS_MAX} characters` }]);
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch {
    return fail([{ at: '', text: 'it is no JSON' }]);
  }
  const documents: Cacao[] = [];
  const problems: PlaybookProblem[] = [];
  for (const [index, one] of (Array.isArray(plain) ? plain : [plain]).slice(0, 50).entries()) {
    const read = CACAO.safeParse(one);
    if (read.success) documents.push(read.data);
    else
      for (const issue of read.error.issues)
        problems.push({ at: [index, ...issue.path].join('.'), text: issue.message.toLowerCase() });
  }
  for (const document of documents) problems.push(...standingProblems(document, now));
  const [main] = documents;
  if (main === undefined || problems.length > 0) return fail(problems);
  const names = new Map(
    documents.map((document, index) => [document.id, index === 0 ? MAIN : nameOf(document.name, index)]),
  );
  const readers = documents.map(document => new WorkflowReader(document, names));
  const playbooks = readers.map(reader => reader.playbook());
  const found = readers.flatMap(reader => reader.problems);
  if (found.length > 0) return fail(found);
  return ok({ written: fileOf(main, documents, names, playbooks), notes: notesOf(documents) });
}

/** Why a document may not be used: its time, a revocation, or a signature that is not of this version of it. */
function standingProblems(document: Cacao, now: UnixMs): readonly PlaybookProblem[] {
  const { id, name, modified, revoked, signatures = [] } = document;
  const problems: string[] = [];
  if (revoked === true) problems.push('it is revoked');
  problems.push(...timeProblems(document, now));
  for (const signature of signatures) {
    if (signature.revoked === true) problems.push('a signature of it is revoked');
    if (signature.related_to !== undefined && signature.related_to !== id)
      problems.push('a signature is of another playbook');
    if (signature.related_version !== undefined && signature.related_version !== modified)
      problems.push('a signature is of another version of it');
    problems.push(...timeProblems(signature, now).map(text => `a signature: ${text}`));
  }
  return problems.map(text => ({ at: name, text }));
}

function timeProblems(
  of: { readonly valid_from?: string | undefined; readonly valid_until?: string | undefined },
  now: UnixMs,
): readonly string[] {
  const [from, until] = [of.valid_from, of.valid_until].map(text => (text === undefined ? undefined : parseTime(text)));
  const unreadable = [of.valid_from, of.valid_until].some(text => text !== undefined && parseTime(text) === undefined);
  return [
    ...(unreadable ? ['its time cannot be read'] : []),
    ...(from !== undefined && now < from ? ['it is not valid yet'] : []),
    ...(until !== undefined && now >= until ? ['it is not valid any more'] : []),
  ];
}

function fileOf(
  main: Cacao,
  documents: readonly Cacao[],
  names: ReadonlyMap<string, string>,
  playbooks: readonly { readonly [member: string]: unknown }[],
): FromCacao['written'] {
  const own = (main.playbook_extensions?.[EXTENSION] ?? {}) as { readonly [member: string]: unknown };
  const time = (text: string | undefined) => {
    const at = text === undefined ? undefined : parseTime(text);
    return at === undefined ? undefined : rfc3339(at);
  };
  const subs = documents
    .slice(1)
    .map((document, index) => [names.get(document.id) ?? '', playbooks[index + 1]] as const);
  const members = {
    playbook: main.name.slice(0, 80),
    version:
      typeof own['version'] === 'string'
        ? own['version']
        : main.modified
            .toLowerCase()
            .replace(/[^0-9a-z.-]/g, '-')
            .slice(0, 31),
    valid_from: time(main.valid_from),
    valid_until: time(main.valid_until),
    ...playbooks[0],
    playbooks: subs.length === 0 ? undefined : Object.fromEntries(subs),
    elsewhere: own['elsewhere'],
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function notesOf(documents: readonly Cacao[]): readonly string[] {
  const signed = documents.filter(({ signatures = [] }) => signatures.length > 0).length;
  return signed === 0
    ? []
    : [
        'Its signatures were read for what they are of, and not verified: nobody here trusts their keys. Two people sign it anew.',
      ];
}

/** A name of ours for a document: its own where that is one. */
function nameOf(name: string, index: number): string {
  return /^[a-z][a-z0-9-]{0,63}$/.test(name) && name !== MAIN ? name : `playbook-${index}`;
}
