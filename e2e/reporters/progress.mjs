/** A Playwright reporter that tells of each test on stderr: stdout is the command's own. */
export default class Progress {
  /**
   * @param {import('@playwright/test/reporter').TestCase} testCase
   * @param {import('@playwright/test/reporter').TestResult} result
   */
  onTestEnd(testCase, result) {
    const mark = result.status === 'passed' ? '✓' : '✗';
    console.error(`${mark} ${testCase.title} (${(result.duration / 1000).toFixed(1)} s)`);
    for (const error of result.errors) console.error(error.message ?? error.value ?? 'unknown error');
  }

  /** @param {import('@playwright/test/reporter').TestError} error */
  onError(error) {
    console.error(error.message ?? 'unknown error');
  }

  printsToStdio() {
    return true;
  }
}
