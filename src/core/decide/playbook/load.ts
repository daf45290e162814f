import { fail, ok, type Result } from '../../../base/result.ts';
import type { UnixMs } from '../../../base/time.ts';
import type { PlaybookFile, PlaybookVerdict } from '../../../model/playbook.ts';
import { analysePlaybook } from './analyse.ts';
import { readPlaybook } from './read-playbook.ts';
import { allSteps, listOf } from './walk.ts';

/** A playbook that may be adopted and run. */
export interface LoadedPlaybook {
  readonly file: PlaybookFile;
  /** What it is known by here, whatever its version. */
  readonly name: string;
  readonly steps: number;
  readonly verdict: PlaybookVerdict;
}

/** What is told of a file that does not load. */
const TOLD_CHARS_MAX = 500;

/**
 * Loads a playbook, or says why it does not load: its form, its time, or a path on which nobody is asked. Called when a version is
 * brought, when a run starts, and each time that a run goes on: nothing that was found out before is believed.
 */
export function loadPlaybook(text: string, now: UnixMs): Result<LoadedPlaybook, string> {
  const read = readPlaybook(text);
  if (!read.ok) return told(read.failure.map(({ at, text: what }) => `${at}: ${what}`).join('; '));
  const file = read.value;
  if (file.validFromMs !== undefined && now < file.validFromMs) return told('it is not valid yet');
  if (file.validUntilMs !== undefined && now >= file.validUntilMs) return told('it is not valid any more');
  const verdict = analysePlaybook(file);
  if (verdict.bypasses.length > 0) return told(verdict.bypasses.map(bypass => bypass.text).join('; '));
  const steps = file.playbooks.reduce((sum, one) => sum + allSteps([one.steps, ...listOf(one.onError)]).length, 0);
  return ok({ file, name: nameOf(file.title), steps, verdict });
}

function told(why: string): Result<never, string> {
  return fail(why.slice(0, TOLD_CHARS_MAX));
}

/** `Lock an account` is `lock-an-account`. Titles that differ by nothing else are one playbook. */
function nameOf(title: string): string {
  const name = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'unnamed' : name;
}
