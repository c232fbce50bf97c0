import { writeFileSync } from 'node:fs';

/** @typedef {import('./report.mjs').Report} Report */

/**
 * A Vitest reporter that writes a {@link Report} to the file named by VITREOUS_REPORT. Vitest's own JSON leaves out why a test was
 * skipped.
 */
export default class VitestReport {
  /** @type {Report} */
  report = { passed: 0, failed: [], skipped: [] };

  /** @param {import('vitest/node').TestCase} testCase */
  onTestCaseResult(testCase) {
    const name = `${testCase.module.relativeModuleId} › ${testCase.fullName}`;
    const result = testCase.result();
    if (result.state === 'passed') this.report.passed++;
    else if (result.state === 'skipped') this.report.skipped.push({ name, reason: result.note ?? '' });
    else this.report.failed.push(name);
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    for (const module of modules) {
      if (module.errors().length > 0) this.report.failed.push(`${module.relativeModuleId} › could not be loaded`);
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0)
          this.report.failed.push(`${module.relativeModuleId} › ${suite.fullName} › set-up`);
      }
    }
    for (const error of unhandledErrors) this.report.failed.push(`unhandled error: ${String(error)}`);
    if (process.env.VITREOUS_REPORT) writeFileSync(process.env.VITREOUS_REPORT, JSON.stringify(this.report));
  }
}
