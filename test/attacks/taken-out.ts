import { open } from 'node:fs/promises';
import type { checkExecution } from '../../src/core/act/check.ts';
import type { HeardReview, Question, tally } from '../../src/core/decide/tally.ts';
import type { Intent } from '../../src/model/review.ts';
import { type openOwn, UnfitFile } from '../../src/responders/shared/own-file.ts';
import { takeOut } from './seams.ts';

/** The executor's checks without those of these names. Everything else that it does stays. */
export function withoutChecks(...names: readonly string[]): void {
  takeOut<typeof checkExecution>('checkExecution', (actual, input) => {
    const report = actual(input);
    const checks = report.checks.filter(check => !names.includes(check.name));
    const failed = checks.filter(check => !check.ok);
    const verdict = failed.length === 0 ? 'ok' : failed.some(check => check.kind === 'authority') ? 'refused' : 'stale';
    return { ...report, checks, verdict };
  });
}

/** The tally, which takes these members of what was signed to be whatever is asked now. */
export function withoutBinding(bound: (question: Question) => Partial<Intent>): void {
  takeOut<typeof tally>('tally', (actual, question, reviews, people, policy) =>
    actual(
      question,
      reviews.map(heard => withIntent(heard, bound(question))),
      people,
      policy,
    ),
  );
}

function withIntent(heard: HeardReview, changed: Partial<Intent>): HeardReview {
  return { ...heard, review: { ...heard.review, intent: { ...heard.review.intent, ...changed } } };
}

/** A file that is to be its owner's alone, opened whoever may write it and wherever a link leads. */
export function withoutOwnFiles(): void {
  takeOut<typeof openOwn>('openOwn', async (_actual, path) => {
    const handle = await open(path, 'r').catch(() => {
      throw new UnfitFile('it is not there', { cause: 'ENOENT' });
    });
    return { handle, stats: await handle.stat() };
  });
}
