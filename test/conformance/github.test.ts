import { test } from 'vitest';
import { NO_GITHUB_DOCUMENT } from './vendor/github-document.ts';

// The double reads the document as it is loaded, so without it not even that can be.
if (NO_GITHUB_DOCUMENT === undefined) await import('./vendor/github-suite.ts');
else test('github', context => context.skip(NO_GITHUB_DOCUMENT));
