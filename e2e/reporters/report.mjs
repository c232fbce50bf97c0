/**
 * What one run of a test runner comes to.
 *
 * @typedef {object} Report
 * @property {number} passed
 * @property {string[]} failed names
 * @property {{ name: string, reason: string }[]} skipped an empty reason where the test gave none
 */

/**
 * @param {readonly Report[]} reports
 * @returns {Report}
 */
export function sum(reports) {
  return {
    passed: reports.reduce((total, report) => total + report.passed, 0),
    failed: reports.flatMap((report) => report.failed),
    skipped: reports.flatMap((report) => report.skipped),
  };
}
