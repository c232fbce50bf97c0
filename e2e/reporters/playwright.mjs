import { writeFileSync } from 'node:fs';

/** @typedef {import('./report.mjs').Report} Report */

/** A Playwright reporter that writes a {@link Report} to the file named by VITREOUS_REPORT. */
export default class PlaywrightReport {
  /** @type {Report} */
  report = { passed: 0, failed: [], skipped: [] };

  /**
   * @param {import('@playwright/test/reporter').TestCase} testCase
   * @param {import('@playwright/test/reporter').TestResult} result
   */
  onTestEnd(testCase, result) {
    const name = testCase.titlePath().filter(Boolean).join(' › ');
    if (result.status === 'skipped') {
      const reason = result.annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description;
      this.report.skipped.push({ name, reason: reason ?? '' });
    } else if (result.status === testCase.expectedStatus) this.report.passed++;
    else this.report.failed.push(name);
  }

  /** @param {import('@playwright/test/reporter').TestError} error */
  onError(error) {
    this.report.failed.push(`outside a test: ${error.message?.split('\n')[0] ?? 'unknown error'}`);
  }

  onEnd() {
    if (process.env.VITREOUS_REPORT) writeFileSync(process.env.VITREOUS_REPORT, JSON.stringify(this.report));
  }

  printsToStdio() {
    return false;
  }
}
