// A reporter for vitest that counts, and keeps the tests that did not run with the reasons that they gave.
import { writeFileSync } from 'node:fs';

export default class ClosingCount {
  onTestRunEnd(modules, unhandledErrors) {
    const totals = { passed: 0, failed: unhandledErrors.length, skipped: 0, notRun: [] };
    for (const module of modules) {
      // A file that could not even be loaded is a failure, though none of its tests ran.
      totals.failed += module.errors().length;
      for (const suite of module.children.allSuites()) totals.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') totals.passed += 1;
        else if (state === 'failed') totals.failed += 1;
        else {
          totals.skipped += 1;
          totals.notRun.push({ file: module.relativeModuleId, name: test.fullName, why: note ?? '' });
        }
      }
    }
    writeFileSync(process.env.COUNTERSIGN_TEST_TOTALS, JSON.stringify(totals));
  }
}
