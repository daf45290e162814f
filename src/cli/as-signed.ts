import { readFile } from 'node:fs/promises';
import { type AsSigned, checkAsSigned, type SignedKeys, type SignedReport } from '../audit/verify/as-signed.ts';
import { type Leaf, readLeaf } from '../audit/verify/leaf.ts';
import { textFromUtf8 } from '../base/bytes.ts';
import { readPresentation } from '../core/decide/closed.ts';
import { type Presentation, TIER_REASON_TEXT } from '../model/proposal.ts';
import { signatureChecks } from './signature-checks.ts';

/** What somebody saw, which waits for the log that it is held against. */
export interface SignedHere {
  /** Takes what it needs out of the log as it goes by: the entry of the review, and whose keys there are. */
  readonly onEntry: (entry: Uint8Array) => void;
  /** To be asked once the log was read. What the file itself says of its entry and of keys is not believed. */
  readonly check: () => Promise<{ readonly report: SignedReport; readonly text: string }>;
}

const MEMBERS = ['v', 'review', 'proposal', 'revision', 'entry', 'intent', 'act', 'presentation'] as const;

/** Reads the file that a page saved. Throws where it is none. */
export async function readSigned(path: string): Promise<SignedHere> {
  const value: unknown = JSON.parse(await readFile(path, 'utf8'));
  const isOne =
    typeof value === 'object' &&
    value !== null &&
    MEMBERS.every(name => typeof (value as Record<string, unknown>)[name] === 'string');
  if (!isOne) throw new Error(`${path} is not what a page saves of a signed review`);
  const kept = value as AsSigned;
  let entry = '';
  const enrolments: Leaf<'person.enrolled'>['statement'][] = [];
  const sessions: SignedKeys['sessions'][number][] = [];
  let isDemo = false;
  return {
    onEntry(bytes) {
      const text = textFromUtf8(bytes) ?? '';
      // Most entries are neither: they are not read for this.
      if (!/"type":"(review\.signed|person\.enrolled|session\.endorsed|installation\.made)"/.test(text)) return;
      const leaf = readLeaf(bytes);
      if (!leaf.ok) return;
      if (leaf.value.type === 'review.signed' && leaf.value.review === kept.review && entry === '') entry = text;
      if (leaf.value.type === 'person.enrolled') enrolments.push(leaf.value.statement);
      if (leaf.value.type === 'session.endorsed')
        sessions.push({ statement: leaf.value.statement, person: leaf.value.person });
      if (leaf.value.type === 'installation.made') isDemo = leaf.value.demo === 'yes';
    },
    async check() {
      const found = { ...kept, entry: entry === '' ? MISSING : entry };
      const report = await checkAsSigned(found, { enrolments, sessions, isDemo }, signatureChecks);
      return { report, text: printSigned(kept, report) };
    },
  };
}

/** Stands for an entry that the log does not have, so that the step fails rather than waits. */
const MISSING = '{}';

const MARKS = { pass: '✓', fail: '✗', not_checked: '–' } as const;

function printSigned(kept: AsSigned, report: SignedReport): string {
  const steps = report.steps.map(({ name, verdict, detail, expected, found }) => {
    const digests =
      verdict === 'fail' && expected !== undefined ? `\n      signed ${expected}\n      kept   ${found}` : '';
    return `  ${MARKS[verdict]} ${name}: ${detail}${digests}`;
  });
  const head = report.holds
    ? `this is what ${report.intent?.reviewer} had before them when they signed ${kept.review}`
    : `THIS IS NOT WHAT WAS SIGNED, or it could not be told: ${kept.review}`;
  const presentation = readPresentation(kept.presentation);
  const shown = presentation.ok ? linesOf(presentation.value) : ['what is kept cannot be read'];
  return `\nreview ${kept.review} of ${kept.proposal}, revision ${kept.revision}\n${steps.join('\n')}\n${head}\n${shown.map(line => `  | ${line}`).join('\n')}\n`;
}

function linesOf(shown: Presentation): readonly string[] {
  const { coverage, blast, undo } = shown;
  return [
    shown.sentence,
    `target: ${shown.targetName}`,
    ...shown.changes.map(({ path, from, to }) => `${path}: ${from} → ${to}`),
    `${shown.tier}: ${shown.reasons.map(reason => TIER_REASON_TEXT[reason]).join('; ') || 'the floor for every operation'}`,
    `coverage: ${coverage.status.replace('_', ' ')}`,
    ...coverage.gaps.map(gap => `  missing ${gap.stream}, ${gap.from} to ${gap.to}${gap.required ? ', required' : ''}`),
    ...blast.unknown.map(text => `unknown: ${text}`),
    ...blast.dependents.map(text => `depends on it: ${text}`),
    ...blast.direct.map(text => `directly: ${text}`),
    `undo: ${undo.sentence}`,
    ...(undo.check?.obstacles ?? []).map(text => `in the way of the undo: ${text}`),
    ...(undo.check?.brings ?? []).map(({ path, from, to }) => `the undo takes back: ${path}: ${from} → ${to}`),
    ...(undo.check?.leaves ?? []).map(path => `the undo leaves: ${path}`),
    ...undo.residue.map(text => `stays: ${text}`),
    ...(shown.lease === undefined ? [] : [shown.lease.sentence]),
    ...shown.evidence.map(({ id, pointer, value, says }) => `${says}: ${id} ${pointer} = ${value}`),
    ...shown.refusals.map(text => `refused: ${text}`),
  ];
}
