import { expect, it } from 'vitest';
import { Interruption, inOneLine } from './interruption.js';
import { type Row, tableLines } from './tier-rows.js';

const rows: readonly Row[] = [
  {
    ...{ size: '360p', what: 'bilinear', precision: '-' },
    ...{ medianMs: 2, fastestMs: 1.5, ratioToBilinear: 1, dispatches: 1, submits: 1, movedBytes: 4e6, macs: 1e6 },
  },
  { size: '360p', what: 'XL', precision: 'f32', failed: '[device-limit] a binding of 177 MB' },
  {
    ...{ size: '360p', what: 'S', precision: 'f32' },
    ...{ medianMs: 40, fastestMs: 39, ratioToBilinear: 20, dispatches: 22, submits: 1, movedBytes: 9e6, macs: 1.1e9 },
  },
];

it('a row that cannot run says why, and leaves the others where they were', () => {
  const [head = '', first = '', failed = '', last = ''] = tableLines(rows);
  expect(head).toMatch(/^size +what +type +ms median +ms best +x bilinear +dispatches +submits +MB moved +MMAC$/);
  expect(first).toMatch(/^360p +bilinear +- +2\.00 +1\.50 +1\.0 +1 +1 +4\.0 +1$/);
  expect(failed).toMatch(/^360p +XL +f32( +-){7} {2}\[device-limit\] a binding of 177 MB$/);
  expect(last).toMatch(/^360p +S +f32 +40\.00 +39\.00 +20\.0 +22 +1 +9\.0 +1100$/);
  expect([first.length, last.length]).toEqual([head.length, head.length]);
});

it('an interruption ends a step that has not ended, and the tool by 130', async () => {
  const interruption = new Interruption();
  expect(interruption.exitCode(1)).toBe(1);
  expect(await interruption.unless(Promise.resolve(3))).toBe(3);
  const step = interruption.unless(new Promise<number>(() => {}));
  process.emit('SIGINT');
  expect(await step).toBeUndefined();
  expect([interruption.ended, interruption.exitCode(1)]).toEqual([true, 130]);
  process.removeAllListeners('SIGTERM');
});

it('a reason is one line', () => {
  expect(inOneLine(new Error('first\n    at somewhere'))).toBe('first');
  expect(inOneLine('said')).toBe('said');
});
