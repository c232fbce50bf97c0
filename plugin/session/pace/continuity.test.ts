import { expect, test } from 'vitest';
import { Continuity } from './continuity.js';

const frames = (...steps: readonly (readonly [seconds: number, moved?: boolean])[]): boolean[] => {
  const continuity = new Continuity();
  return steps.map(([seconds, moved]) => {
    continuity.came({ timestampUs: seconds * 1e6, moved });
    return continuity.takeBreak();
  });
};

test('frames that are played follow each other, the same one again too', () => {
  expect(frames([7], [7.04], [7.04], [7.08, false])).toEqual([false, false, false, false]);
});

test('back, or where the source says that the position was moved: a seek', () => {
  expect(frames([7], [6.9], [6.94], [7, true], [7.04])).toEqual([false, true, false, true, false]);
});

test('a long step is a seek unless the source says that it is none', () => {
  expect(frames([7], [9], [11, false])).toEqual([false, true, false]);
});

test('a seek whose frame was not drawn is told with the next that is', () => {
  const continuity = new Continuity();
  continuity.came({ timestampUs: 7e6 });
  continuity.came({ timestampUs: 2e6 });
  continuity.came({ timestampUs: 2.04e6 });
  expect([continuity.takeBreak(), continuity.takeBreak()]).toEqual([true, false]);
});

test('another source begins anew, whatever the time of its frames', () => {
  const continuity = new Continuity();
  continuity.came({ timestampUs: 7e6 });
  continuity.end();
  continuity.came({ timestampUs: 7.04e6 });
  expect([continuity.takeBreak(), continuity.takeBreak()]).toEqual([true, false]);
});
